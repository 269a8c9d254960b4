import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { stringify } from "yaml"
import { configOf } from "./configText.ts"

/** A config that sets something in every kind of section. */
const whole = {
  s3beat: {
    beatIdentifier: "prod",
    sqsQueues: ["a:us-east-1", "b:eu-west-1"],
    assumeRoleFlag: true,
    assumeRoleArn: [{ arn: "arn:aws:iam::123456789012:role/a", buckets: ["prod-*"] }],
    multiline: { pattern: "^\\s", negate: true, maxLines: 20 },
    traits: { inclusion: "\\.gz$" },
    batch: { maxEvents: 5, maxWait: "1s" },
    endpoints: { s3: "http://127.0.0.1:9000" }
  },
  output: { file: { path: "/tmp/events", number_of_files: 3 } },
  logging: { level: "debug" },
  fields: { team: { name: "x" }, stage: "test" },
  tags: ["a", "b"]
}

interface Section {
  readonly [name: string]: unknown
}

const isSection = (value: unknown): value is Section =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The same keys in another spelling: `dotted` says for each section in turn whether it is written out into dotted names. */
const respell = (section: Section, dotted: () => boolean): Section =>
  Object.fromEntries(
    Object.entries(section).flatMap(([name, value]): ReadonlyArray<readonly [string, unknown]> => {
      if (!isSection(value)) return [[name, value]]
      const inner = respell(value, dotted)
      return dotted() ? Object.entries(inner).map(([key, entry]) => [`${name}.${key}`, entry]) : [[name, inner]]
    })
  )

describe("spellings", () => {
  it("nested and dotted spellings, mixed at any level, give the same config", () => {
    const expected = configOf(stringify(whole))
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (choices) => {
        assert.deepStrictEqual(configOf(stringify(respell(whole, () => choices.next().value ?? false))), expected)
      })
    )
  })

  it("a section that is spelled in several places is one", () => {
    assert.deepInclude(
      configOf(
        "s3beat.multiline.pattern: a\ns3beat:\n  beatIdentifier: x\n  sqsQueues: a:us-east-1\n  multiline:\n    negate: yes\n  multiline.match: before\noutput.console:\n  enabled: true\n"
      ).multiline,
      { negate: true, match: "before", maxLines: 500 }
    )
  })
})
