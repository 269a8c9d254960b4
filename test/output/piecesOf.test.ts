import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { ndjson } from "../../src/domain/EventBatch.ts"
import { LARGE_BYTES, PIECE_BYTES, piecesOf } from "../../src/output/piecesOf.ts"
import { eventBatch } from "../support/eventBatch.ts"

const room = Buffer.alloc(PIECE_BYTES)

/** From a few bytes to more than fits into a piece, with the borders in between. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 5000 }),
  fc
    .tuple(fc.constantFrom(LARGE_BYTES, PIECE_BYTES), fc.integer({ min: -2, max: 2 }))
    .map(([border, more]) => border + more),
  fc.integer({ min: 1, max: 3 * PIECE_BYTES })
)

const batchOf = (bytes: number, i: number) => eventBatch(String(i % 10).repeat(bytes))

describe("piecesOf", () => {
  it("the pieces are the batches, one behind the other, none is empty or too large", () => {
    fc.assert(
      fc.property(fc.array(size, { maxLength: 12 }), (sizes) => {
        const batches = sizes.map(batchOf)
        const pieces = Array.from(piecesOf(batches, room), (piece) => Buffer.from(piece))
        assert.isTrue(Buffer.concat(pieces).equals(Buffer.concat(batches.map(ndjson))))
        assert.isTrue(pieces.every(({ length }) => length > 0 && length <= PIECE_BYTES))
      }),
      { numRuns: 50 }
    )
  })

  it("small batches share a piece, a large one is not copied", () => {
    const large = batchOf(LARGE_BYTES, 0)
    const small = Array.from({ length: 1000 }, (_, i) => batchOf(100, i))
    const pieces = Array.from(piecesOf([...small, large, ...small], room))
    assert.deepStrictEqual(
      pieces.map(({ buffer }) => buffer === room.buffer),
      [true, false, true]
    )
  })
})
