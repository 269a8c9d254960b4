/**
 * What patterns can do to whoever matches them: they take time in proportion to the text, whatever both are.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { multiline } from "../../src/decode/multiline.ts"
import { makeKeyFilter } from "../../src/notification/keyFilter.ts"
import { LinearRegExp } from "../../src/re2/LinearRegExp.ts"
import { decodeAll } from "../support/decoding.ts"

/** Units of the texts, the second of which are eight times as long as the first. */
const SHORT = 20_000
const LONG = 8 * SHORT

/** Milliseconds that matching may take for a text of `LONG`: some microseconds for each unit, on a machine that has other work too. */
const LIMIT = 2_000

/** In so many milliseconds patterns are tried. */
const TRIALS = { numRuns: 300, interruptAfterTimeLimit: 6_000 }

/** What backtracking dies of: repetitions of what overlaps, within repetitions. */
const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom("a", ".", "[a-z]", "\\w", "aa", "a?", "\\s", "^", "$", "\\b", "é", "[^b]"),
    fc.tuple(tie("atom"), tie("atom")).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(tie("atom"), tie("atom")).map(([a, b]) => `(?:${a}${b})`),
    fc.tuple(tie("atom"), fc.constantFrom("*", "+", "?", "{2,9}", "{12}", "*?")).map(([a, times]) => `(?:${a})${times}`)
  ),
  pattern: fc
    .tuple(fc.array(tie("atom"), { minLength: 1, maxLength: 4 }), fc.constantFrom("", "b", "$", "[^a]$", "\\d"))
    .map(([atoms, end]) => `${atoms.join("")}${end}`)
}))

/** A text that begins as if it matched, and may not. */
const text = fc.tuple(fc.constantFrom("a", "aé", "a ", "ab", "\n", "\ud800"), fc.constantFrom("!", "", "b", "\0"))

const millisOf = (act: () => unknown): number => {
  const began = performance.now()
  act()
  return performance.now() - began
}

describe("hostile patterns and lines", () => {
  it("no pattern takes longer than in proportion to the line", () => {
    let slowest = 0
    fc.assert(
      fc.property(pattern, text, (source, [unit, end]) => {
        const compiled = LinearRegExp.compile(source)
        if (Result.isFailure(compiled)) return
        const ofLength = (length: number) => `${unit.repeat(length / unit.length)}${end}`
        const [short, long] = [SHORT, LONG].map((length) => millisOf(() => compiled.success.test(ofLength(length))))
        slowest = Math.max(slowest, long ?? 0)
        assert.isBelow(long ?? 0, LIMIT, source)
        // Where it is slow enough to be told from noise, eight times the text takes nowhere near sixty-four times as long.
        if ((short ?? 0) > 20) assert.isBelow(long ?? 0, 32 * (short ?? 0), source)
      }),
      TRIALS
    )
    assert.isAbove(slowest, 0)
  })

  it("multiline takes an object of lines that almost match no longer than any other", () => {
    for (const source of ["^(a+)+$", "^(?:a|aa)+[^a]$", "(.*a){12}b"]) {
      const pattern = Result.getOrThrow(LinearRegExp.compile(source))
      const object = Buffer.from(`${"a".repeat(50_000)}!\n`.repeat(20))
      const decoder = multiline({ pattern, negate: false, match: "after", maxLines: 500, maxRecordBytes: 1024 * 1024 })
      const took = millisOf(() => assert.isAbove(decodeAll(decoder, [object]).records.length, 0))
      assert.isBelow(took, LIMIT, source)
    }
  })

  it("a key filter takes the longest key that there may be", () => {
    const inclusion = Result.getOrThrow(LinearRegExp.compile("^(?:[a-z/]+)*\\.gz$"))
    const accepts = makeKeyFilter({ inclusion })
    assert.isBelow(
      millisOf(() => assert.isFalse(accepts(`${"a/".repeat(512)}!`))),
      LIMIT
    )
  })
})
