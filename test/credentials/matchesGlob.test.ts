import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { matchesGlob } from "../../src/credentials/matchesGlob.ts"

/** The same by a regular expression. */
const reference = (glob: string, name: string): boolean =>
  new RegExp(
    `^${[...glob].map((char) => (char === "*" ? ".*" : char === "?" ? "." : char.replace(/\W/u, "\\$&"))).join("")}$`,
    "s"
  ).test(name)

/** Few letters, so that many globs match. */
const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 })

describe("matchesGlob", () => {
  it("is the regular expression that the glob stands for", () => {
    let matches = 0
    fc.assert(
      fc.property(text("ab.-*?"), text("ab.-*?"), (glob, name) => {
        matches += reference(glob, name) ? 1 : 0
        assert.strictEqual(matchesGlob(glob, name), reference(glob, name))
      }),
      { numRuns: 5000 }
    )
    assert.isAbove(matches, 50)
  })

  it("a name matches itself, and whatever of it is abbreviated", () => {
    fc.assert(
      fc.property(text("ab.-"), text("ab.-"), text("ab.-"), (start, middle, end) => {
        const name = start + middle + end
        assert.isTrue(matchesGlob(name, name))
        assert.isTrue(matchesGlob(`${start}*${end}`, name))
        assert.isTrue(matchesGlob(`${start}${"?".repeat(middle.length)}${end}`, name))
      })
    )
  })

  it("a dot is a dot, and the whole name is meant", () => {
    assert.isFalse(matchesGlob("a.b", "axb"))
    assert.isFalse(matchesGlob("logs", "logs-eu"))
    assert.isFalse(matchesGlob("logs", "prod-logs"))
    assert.isTrue(matchesGlob("*-logs-??", "prod-logs-eu"))
  })

  it("many stars do not take long", () => {
    assert.isFalse(matchesGlob("*a".repeat(30), "a".repeat(10_000) + "b"))
  })
})
