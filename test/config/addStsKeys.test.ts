import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { parse } from "yaml"
import { addStsKeys, stsKeys } from "../../src/config/addStsKeys.ts"
import { show } from "../../src/config/Problem.ts"
import { yamlText } from "../support/yamlText.ts"

const migrated = (text: string) =>
  Result.getOrThrowWith(addStsKeys(text), (problems) => new Error(JSON.stringify(problems)))

/** The lines that refuse the text. */
const refusals = (text: string) =>
  Result.match(addStsKeys(text), {
    onSuccess: () => [],
    onFailure: (problems) => problems.map((problem) => show("s3beat.yml", problem))
  })

/** What the file means to a reader that is not ours. */
const meaning = (text: string): Record<string, unknown> => parse(text, { logLevel: "error" })

const defaults: Readonly<Record<string, unknown>> = {
  assumeRoleFlag: false,
  assumeRoleArn: [],
  stsCredsExpirationTime: "1h"
}

describe("laws of a migration", () => {
  it("removing the added lines gives the old file back, byte for byte", () => {
    fc.assert(
      fc.property(
        yamlText.filter(({ spelling }) => spelling !== "braces"),
        ({ lineEnd, text }) => {
          const { added, text: after } = migrated(text)
          const isAdded = (line: string) =>
            added.some(({ name, value }) => /^ *(?:s3beat\.)?(.*)$/u.exec(line)?.[1] === `${name}: ${value}`)
          const rest = after.split(lineEnd).filter((line) => !isAdded(line))
          assert.strictEqual(rest.join(lineEnd), text)
          assert.strictEqual(after.split(lineEnd).length - rest.length, added.length)
        }
      ),
      { numRuns: 500 }
    )
  })

  it("one text is put in at one place, and nothing else is changed", () => {
    fc.assert(
      fc.property(yamlText, ({ text }) => {
        const { text: after } = migrated(text)
        const inserted = after.length - text.length
        let at = 0
        while (at < text.length && text[at] === after[at]) at++
        // What is put in may end as what stood there before begins, so it may begin earlier than the first difference.
        const begins = Array.from({ length: at + 1 }, (_, i) => i)
        assert.isTrue(begins.some((begin) => after.slice(0, begin) + after.slice(begin + inserted) === text))
      }),
      { numRuns: 500 }
    )
  })

  it("the file means what it meant, with the keys that were missing, to any reader of YAML", () => {
    fc.assert(
      fc.property(yamlText, ({ spelling, text }) => {
        const { added, text: after } = migrated(text)
        const more = Object.fromEntries(
          added.map(({ name }) => [spelling === "dotted" ? `s3beat.${name}` : name, defaults[name]])
        )
        const before = meaning(text)
        assert.deepStrictEqual(
          meaning(after),
          spelling === "dotted"
            ? { ...before, ...more }
            : { ...before, s3beat: Object.assign({}, before["s3beat"], more) }
        )
      }),
      { numRuns: 500 }
    )
  })

  it("a second time nothing is added", () => {
    fc.assert(
      fc.property(yamlText, ({ text }) => {
        const { text: once } = migrated(text)
        assert.deepStrictEqual(migrated(once), { text: once, added: [] })
      })
    )
  })
})

describe("addStsKeys", () => {
  it("adds the three keys with their defaults: a flag that is off, an empty list, an hour", () => {
    assert.deepStrictEqual(stsKeys, [
      { name: "assumeRoleFlag", value: "false" },
      { name: "assumeRoleArn", value: "[]" },
      { name: "stsCredsExpirationTime", value: "1h" }
    ])
  })

  const examples: ReadonlyArray<readonly [string, string, string]> = [
    [
      "in a nested section, after its last line and before what follows it",
      "s3beat:\n    beatIdentifier: prod # us\n\n# Where events go.\noutput.console.enabled: true\n",
      "s3beat:\n    beatIdentifier: prod # us\n    assumeRoleFlag: false\n    assumeRoleArn: []\n    stsCredsExpirationTime: 1h\n\n# Where events go.\noutput.console.enabled: true\n"
    ],
    [
      "in dotted spelling, after the last key of s3beat",
      "s3beat.beatIdentifier: prod\r\nname: x\r\n",
      "s3beat.beatIdentifier: prod\r\ns3beat.assumeRoleFlag: false\r\ns3beat.assumeRoleArn: []\r\ns3beat.stsCredsExpirationTime: 1h\r\nname: x\r\n"
    ],
    [
      "in braces, before the comma and the comment that end a line",
      "s3beat: {\n  beatIdentifier: prod, # us\n}",
      "s3beat: {\n  beatIdentifier: prod, assumeRoleFlag: false, assumeRoleArn: [], stsCredsExpirationTime: 1h, # us\n}"
    ],
    [
      "in JSON, as JSON",
      '{"s3beat": {"beatIdentifier": "prod"}}',
      '{"s3beat": {"beatIdentifier": "prod", "assumeRoleFlag": false, "assumeRoleArn": [], "stsCredsExpirationTime": "1h"}}'
    ],
    [
      "behind a value of several lines, at the end of a file without a last line end",
      "s3beat:\n  sqsQueues:\n  - a:us-east-1\n  note: |+\n    one\n\n    two",
      "s3beat:\n  sqsQueues:\n  - a:us-east-1\n  note: |+\n    one\n\n    two\n  assumeRoleFlag: false\n  assumeRoleArn: []\n  stsCredsExpirationTime: 1h"
    ],
    [
      "only those that are missing, LogRhythm's space behind a key or not",
      "s3beat:\n  'stsCredsExpirationTime ': 2\n  assumeRoleArn: ''\n",
      "s3beat:\n  'stsCredsExpirationTime ': 2\n  assumeRoleArn: ''\n  assumeRoleFlag: false\n"
    ],
    [
      "whatever the values are: keys that LogRhythm's tools encrypted, variables that are not set",
      "s3beat:\n  accessKeyID: 2||c2VjcmV0c2VjcmV0c2VjcmV0\n  beatIdentifier: ${NOT_SET}\n",
      "s3beat:\n  accessKeyID: 2||c2VjcmV0c2VjcmV0c2VjcmV0\n  beatIdentifier: ${NOT_SET}\n  assumeRoleFlag: false\n  assumeRoleArn: []\n  stsCredsExpirationTime: 1h\n"
    ]
  ]
  for (const [where, before, after] of examples) {
    it(where, () => {
      assert.strictEqual(migrated(before).text, after)
    })
  }

  it("what cannot be migrated is refused with its place and what to do", () => {
    const added = "assumeRoleFlag: false, assumeRoleArn: [], stsCredsExpirationTime: 1h"
    for (const [text, message] of [
      ["", "s3beat.yml: holds no keys; s3beat init writes a new file"],
      ["- a", "s3beat.yml: holds no keys; s3beat init writes a new file"],
      [
        "output.console.enabled: true",
        "s3beat.yml: has no section s3beat with keys in it; s3beat init writes a new file"
      ],
      ["a: 1\ns3beat:\n", "s3beat.yml: has no section s3beat with keys in it; s3beat init writes a new file"],
      ["\uFEFFs3beat: prod", "s3beat.yml:1:1 s3beat: must be a section with keys of its own, such as beatIdentifier"],
      [
        "s3beat: {a: 1}\ns3beat: {b: 2}",
        "s3beat.yml:2:1 s3beat: is already set on line 1; make one section of the two"
      ],
      [
        "s3beat:\n  a: [hush\n",
        "s3beat.yml:3:1 is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"
      ],
      ["s3beat: {a: 1}\n---\nb: 2\n", "s3beat.yml:2:1 a second document begins here; one file holds one config"],
      ["x: &x {a: 1}\ns3beat:\n  <<: *x\n", "s3beat.yml:3:7 aliases are not supported; write the value out"],
      [
        "s3beat:\n  ? a\n  : 1\n",
        `s3beat.yml:1:1 s3beat: no key can be added here without changing others; add by hand: ${added}`
      ],
      [
        "s3beat: &all\n  &k a: 1\n",
        `s3beat.yml:1:1 s3beat: no key can be added here without changing others; add by hand: ${added}`
      ]
    ] as const) {
      assert.deepStrictEqual(refusals(text), [message])
    }
  })
})
