import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { ageOf, nameOf, plan } from "../../src/output/rotation.ts"

const ages = fc.uniqueArray(fc.integer({ min: 0, max: 12 }))

/** A directory as a map from name to content; `stopAfter` renames the machine loses power. */
const carriedOut = (directory: ReadonlyMap<string, string>, numberOfFiles: number, stopAfter = Infinity) => {
  const after = new Map(directory)
  const { removals, renames } = plan([...directory.keys()], "s3beat", numberOfFiles)
  for (const { from, to } of renames.slice(0, stopAfter)) {
    assert.isTrue(after.has(from), `${from} is there`)
    assert.isFalse(after.has(to), `${to} is free`)
    after.set(to, after.get(from) ?? "").delete(from)
  }
  if (stopAfter >= renames.length) for (const name of removals) assert.isTrue(after.delete(name))
  return after
}

const directoryOf = (ages: ReadonlyArray<number>) =>
  new Map(ages.map((age) => [nameOf("s3beat", age), `written ${age} rotations ago`]))

/** Contents from the oldest to the newest. */
const contents = (directory: ReadonlyMap<string, string>) =>
  [...directory].toSorted(([a], [b]) => (ageOf("s3beat", b) ?? 0) - (ageOf("s3beat", a) ?? 0)).map(([, text]) => text)

describe("rotation", () => {
  it("the active name is free afterwards, no more than the allowed files stay, and their order stands", () => {
    fc.assert(
      fc.property(ages, fc.integer({ min: 1, max: 8 }), (ages, numberOfFiles) => {
        const before = directoryOf(ages)
        const after = carriedOut(before, numberOfFiles)
        assert.isFalse(after.has(nameOf("s3beat", 0)))
        assert.isBelow(Math.max(0, ...[...after.keys()].map((name) => ageOf("s3beat", name) ?? NaN)), numberOfFiles)
        const kept = contents(after)
        assert.deepStrictEqual(kept, contents(before).slice(before.size - kept.length))
      })
    )
  })

  it("nothing is removed while there is room, even where a file is missing in between", () => {
    fc.assert(
      fc.property(ages, (ages) => {
        const before = directoryOf(ages)
        assert.deepStrictEqual(contents(carriedOut(before, 100)), contents(before))
      })
    )
  })

  it("a rotation that was cut off anywhere loses nothing, and the next one goes on from there", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(6), (count, stopAfter) => {
        const before = directoryOf(Array.from({ length: count }, (_, age) => age))
        const cutOff = carriedOut(before, 100, stopAfter)
        assert.deepStrictEqual(contents(cutOff), contents(before))
        assert.deepStrictEqual(contents(carriedOut(cutOff, 100)), contents(before))
      })
    )
  })

  it("the oldest file goes when all numbers are taken", () => {
    assert.deepStrictEqual(plan(["s3beat.ndjson", "s3beat.1.ndjson"], "s3beat", 2), {
      renames: [
        { from: "s3beat.1.ndjson", to: "s3beat.2.ndjson" },
        { from: "s3beat.ndjson", to: "s3beat.1.ndjson" }
      ],
      removals: ["s3beat.2.ndjson"]
    })
  })

  it.each([
    "s3beat.ndjson.lock",
    "s3beat.01.ndjson",
    "s3beat.0.ndjson",
    "s3beat.x.ndjson",
    "s3beat-2.ndjson",
    "s3beat"
  ])("%s is none of ours and is left alone", (name) => {
    assert.isUndefined(ageOf("s3beat", name))
    assert.deepStrictEqual(plan([name], "s3beat", 1), { renames: [], removals: [] })
  })
})
