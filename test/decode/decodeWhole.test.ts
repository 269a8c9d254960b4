import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as fc from "fast-check"
import { gzipSync, zstdCompressSync } from "node:zlib"
import * as ChunkMemory from "../../src/decode/ChunkMemory.ts"
import { throughStages } from "../../src/decode/chunks.ts"
import type { DecodeObjectOptions } from "../../src/decode/decodeObject.ts"
import { decodeWhole } from "../../src/decode/decodeWhole.ts"
import { decompress } from "../../src/decode/decompress.ts"
import { gather } from "../../src/decode/gather.ts"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import { recordsOf } from "../../src/decode/recordsOf.ts"
import { HEAD_BYTES } from "../../src/decode/selectDecoder.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { seen } from "../support/decoding.ts"

const limits: DecodeObjectOptions = {
  inflateKernel: InflateKernel.make(),
  maxRecordBytes: 40,
  maxObjectBytes: 200,
  maxExpansionRatio: 10
}

/** What the stages make of the object, or the error that they end with. */
const staged = (stored: Uint8Array, options: DecodeObjectOptions) =>
  throughStages(Stream.succeed(stored), (pull, scope) => {
    const memory = ChunkMemory.make()
    return recordsOf(gather(decompress(pull, scope, options, memory), HEAD_BYTES, memory), options, () => {})
  }).pipe(
    Stream.runCollect,
    Effect.map((batches) => batches.flatMap(seen)),
    Effect.result
  )

const log = fc
  .oneof(
    fc.array(fc.string({ unit: "binary", maxLength: 60 })).map((lines) => lines.join("\n")),
    fc.array(fc.jsonValue()).map((Records) => JSON.stringify({ Records })),
    fc.string().map((text) => `{"Records":[1,${text}]}`)
  )
  .map((text) => Buffer.from(text))

const compressions = [gzipSync, zstdCompressSync, (bytes: Uint8Array) => bytes]

/** Objects that are as they should be, and some that end early, are damaged, or have something behind them. */
const stored = fc
  .tuple(
    log,
    fc.constantFrom(...compressions),
    fc.option(fc.nat()),
    fc.option(fc.nat()),
    fc.uint8Array({ maxLength: 3 })
  )
  .map(([log, compress, end, damage, more]) => {
    const whole = Buffer.concat([compress(log), more])
    const bytes = Buffer.from(whole.subarray(0, end === null ? undefined : end % (whole.length + 1)))
    if (damage !== null && bytes.length > 0) bytes.writeUInt8(0xff, damage % bytes.length)
    return bytes
  })

describe("decodeWhole", () => {
  it.effect("whatever an object holds, it gives at once what the stages give, or leaves it to them", () => {
    const options = fc.constantFrom(
      limits,
      { ...limits, inflateKernel: undefined },
      {
        ...limits,
        multiline: { pattern: /^ /u, negate: false, match: "after", maxLines: 3 } as const
      }
    )
    return checkProperty(
      fc.tuple(stored, options),
      ([stored, options]) =>
        Effect.gen(function* () {
          const whole = decodeWhole(stored, options)
          if (whole === undefined) return
          assert.isTrue(whole.batches.every(({ count }) => count > 0))
          assert.deepStrictEqual(yield* staged(stored, options), Result.succeed(whole.batches.flatMap(seen)))
        }),
      { numRuns: 500 }
    )
  })

  it.effect("small objects that are as they should be are decoded at once", () =>
    checkProperty(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (lines) =>
      Effect.sync(() => {
        const log = Buffer.from(lines.join("\n"))
        const unlimited = { maxRecordBytes: 1e6, maxObjectBytes: 1e6, maxExpansionRatio: 1000 }
        for (const stored of [log, gzipSync(log)]) assert.isDefined(decodeWhole(stored, unlimited))
      })
    )
  )

  it("what is compressed by zstd, is over a limit, or holds no byte is left to the stages", () => {
    const log = Buffer.alloc(201, "a")
    for (const stored of [zstdCompressSync(Buffer.from("a")), log, gzipSync(log), Buffer.alloc(0), gzipSync("")]) {
      assert.isUndefined(decodeWhole(stored, limits))
    }
  })
})
