import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { unifiedDiff } from "../../src/cli/unifiedDiff.ts"

/** What `patch` does with a diff of one hunk that it trusts no further than it must. */
const patched = (before: string, diff: string): string => {
  const [, , header = "", ...lines] = diff.match(/[^\n]*\n/gu) ?? []
  const [from = 0, oldCount = 0, , newCount = 0] = header.match(/\d+/gu)?.map(Number) ?? []
  const shown = lines.flatMap((line, at) => {
    if (line.startsWith("\\")) return []
    return [lines[at + 1]?.startsWith("\\") === true ? line.slice(0, -1) : line]
  })
  const side = (sign: string) =>
    shown.filter((line) => line[0] === " " || line[0] === sign).map((line) => line.slice(1))
  const [old, now] = [side("-"), side("+")]
  assert.strictEqual(old.length, oldCount)
  assert.strictEqual(now.length, newCount)
  const begin = Math.max(0, oldCount === 0 ? from : from - 1)
  const all = before.match(/[^\n]*\n|[^\n]+$/gu) ?? []
  assert.deepStrictEqual(all.slice(begin, begin + oldCount), old)
  return [...all.slice(0, begin), ...now, ...all.slice(begin + oldCount)].join("")
}

const text = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }), fc.constantFrom("\n", "\r\n"), fc.boolean())
  .map(([lines, end, final]) => lines.join(end) + (final ? end : ""))

describe("unifiedDiff", () => {
  it("applied to the old text gives the new one", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff("s3beat.yml", before, after)
        assert.strictEqual(before === after ? before : patched(before, diff), after)
      }),
      { numRuns: 1000 }
    )
  })

  it("shows three lines around what changed, and says where a last line end is missing", () => {
    assert.strictEqual(
      unifiedDiff("s3beat.yml", "1\n2\n3\n4\n5", "1\n2\n3\n4\n5\n6"),
      "--- s3beat.yml\n+++ s3beat.yml\n@@ -2,4 +2,5 @@\n 2\n 3\n 4\n-5\n\\ No newline at end of file\n+5\n+6\n\\ No newline at end of file\n"
    )
  })
})
