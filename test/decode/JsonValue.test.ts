import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import { JsonValue } from "../../src/decode/JsonValue.ts"
import { checkProperty } from "../support/checkProperty.ts"

const kernel = JsonKernel.make()

/** What became of the value, and where, when its bytes come in pieces of this size. */
const scannedBy = (value: JsonValue, bytes: Uint8Array, pieceBytes: number) => {
  assert.isTrue(value.begin(bytes[0] ?? 0))
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    const piece = bytes.subarray(from, from + pieceBytes)
    const at = value.scan(piece, 0)
    if (value.status !== "open") return { status: value.status, at: from + at }
  }
  return { status: value.status, at: bytes.length }
}

const scanned = (bytes: Uint8Array, pieceBytes: number) => scannedBy(new JsonValue(kernel), bytes, pieceBytes)

const byteByByte = (bytes: Uint8Array, pieceBytes = bytes.length) => scannedBy(new JsonValue(), bytes, pieceBytes)

const pieces = fc.oneof(
  fc.constantFrom('"', "\\", "{", "}", "[", "]", '\\"', "\\\\", '"}', '"]', "[[", "]]", '{"'),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.jsonValue().map((value) => JSON.stringify(value))
)

describe("JsonValue", () => {
  it.effect("finds the same end sixty-four bytes at a time as byte by byte, whatever the bytes are", () =>
    checkProperty(
      fc.tuple(fc.constantFrom("{", "["), fc.array(pieces, { maxLength: 100 }), fc.integer({ min: 256, max: 2000 })),
      ([opening, rest, pieceBytes]) =>
        Effect.sync(() => {
          const bytes = Buffer.from(opening + rest.join(""))
          const expected = byteByByte(bytes)
          assert.deepStrictEqual(scanned(bytes, bytes.length), expected)
          assert.deepStrictEqual(scanned(bytes, pieceBytes), expected)
        })
    )
  )

  it.effect("finds the end of a document of several windows, with what stands behind it", () =>
    checkProperty(
      fc.tuple(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 4_000_000 })),
      ([values, padding]) =>
        Effect.sync(() => {
          const text = JSON.stringify([values, '\\"[{'.repeat(padding / 4), values])
          const bytes = Buffer.from(`${text},{}`)
          assert.deepStrictEqual(scanned(bytes, bytes.length), { status: "complete", at: Buffer.byteLength(text) })
        }),
      { numRuns: 10 }
    )
  )

  it("compares brackets down to a thousand levels, and counts them below, however they are cut", () => {
    for (const depth of [63, 64, 65, 1023, 1024, 1025, 100_000]) {
      const bytes = Buffer.from(`${"[{".repeat(depth)}${"}]".repeat(depth)}`)
      const wrong = Buffer.from(`${"[".repeat(depth)}}${"]".repeat(depth)}`)
      const expected = depth > 1024 ? { status: "complete", at: 2 * depth } : { status: "broken", at: depth }
      for (const scan of [byteByByte, scanned]) {
        for (const size of [100, 1000, bytes.length]) {
          assert.deepStrictEqual(scan(bytes, size), { status: "complete", at: 4 * depth })
          assert.deepStrictEqual(scan(wrong, size), expected)
        }
      }
    }
  })
})
