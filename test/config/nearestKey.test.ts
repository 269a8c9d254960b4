import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { nearestKey } from "../../src/config/nearestKey.ts"
import { configKeys } from "../../src/config/S3beatConfig.ts"
import { errorsOf, withKeys } from "./configText.ts"

/** s3beat's own keys; those shorter than 5 letters leave too little to recognise them by. */
const names = configKeys
  .map(({ path }) => path.split("."))
  .filter((steps) => steps[0] === "s3beat" && steps.length === 2)
  .flatMap((steps) => steps.slice(1))
  .filter((name) => name.length >= 5)

/** A slip of the pen: one letter dropped, doubled, changed, or swapped with the next. */
const slip = fc
  .record({
    name: fc.constantFrom(...names),
    at: fc.nat(),
    kind: fc.constantFrom("drop", "double", "change", "swap")
  })
  .map(({ at, kind, name }) => {
    const i = at % (name.length - 1)
    const [letter = "", next = ""] = name.slice(i, i + 2)
    const middle = { drop: next, double: letter + letter + next, change: `q${next}`, swap: next + letter }[kind]
    return { name, slipped: name.slice(0, i) + middle + name.slice(i + 2) }
  })
  .filter(({ name, slipped }) => slipped !== name)

describe("nearestKey", () => {
  it("a known key with one slip of the pen is an error that names it, at the key", () => {
    fc.assert(
      fc.property(slip, ({ name, slipped }) => {
        assert.include(
          errorsOf(withKeys(`${slipped}: x`)),
          `s3beat.yml:4:3 ${slipped}: unknown key, did you mean ${name}?`
        )
      })
    )
  })

  it("of several candidates the nearest is named, whatever the case", () => {
    assert.strictEqual(nearestKey("SQSQUEUES", ["sqsQueue", "sqsQueues"]), "sqsQueues")
    assert.strictEqual(
      nearestKey("stsExpirationTime", ["stsRegion", "stsCredsExpirationTime"]),
      "stsCredsExpirationTime"
    )
  })

  it("nothing is named when nothing is near", () => {
    assert.isUndefined(nearestKey("nonsense", names))
    assert.deepStrictEqual(errorsOf(withKeys("nonsense: 1")), [
      "s3beat.yml:4:3 nonsense: unknown key; s3beat.yml.example shows those that there are"
    ])
  })
})
