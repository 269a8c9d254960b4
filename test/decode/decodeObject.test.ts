import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import * as fc from "fast-check"
import { gzipSync, zstdCompressSync } from "node:zlib"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import type { RecordBatch } from "../../src/domain/RecordBatch.ts"
import { type DecodeObjectOptions, decodeObject } from "../../src/decode/decodeObject.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { type Chunking, chunking, cut, seen } from "../support/decoding.ts"

const limits: DecodeObjectOptions = {
  inflateKernel: InflateKernel.make(),
  jsonKernel: JsonKernel.make(),
  maxRecordBytes: 1_000_000,
  maxObjectBytes: 1_000_000_000,
  maxExpansionRatio: 1000
}

const decode = (stored: Uint8Array, options: Partial<DecodeObjectOptions> = {}, chunking?: Chunking) =>
  decodeObject(Stream.fromIterable(chunking === undefined ? [stored] : cut(stored, chunking)), {
    ...limits,
    ...options
  }).pipe(
    Stream.runCollect,
    Effect.map((batches) => {
      assert.isTrue(batches.every((batch) => batch.count > 0))
      return batches.flatMap(seen)
    })
  )

const textsOf = (stored: Uint8Array, options: Partial<DecodeObjectOptions> = {}, chunking?: Chunking) =>
  Effect.map(decode(stored, options, chunking), (records) => records.map((record) => record.text))

/** A document of several MiB, so that its records are cut by every chunk there is. */
const largeDocument = (count: number) => {
  const Records = Array.from({ length: count }, (_, i) => ({
    i,
    padding: "é".repeat((i * 37) % 900),
    a: [{ b: '"]}' }]
  }))
  return { Records, bytes: Buffer.from(JSON.stringify({ Records })) }
}

const linesFrom = (from: number, count: number) => Array.from({ length: count }, (_, i) => `line ${from + i}`)

const frame = (text: string) => zstdCompressSync(Buffer.from(text))

describe("decodeObject", () => {
  it.effect("however the body is cut, gzip, zstd and plain give the same records at the same offsets", () => {
    const log = fc.oneof(
      fc.array(fc.string({ unit: "binary", maxLength: 20 })).map((lines) => lines.join("\n")),
      fc.array(fc.jsonValue()).map((Records) => JSON.stringify({ Records }))
    )
    return checkProperty(fc.tuple(log, chunking), ([log, chunking]) =>
      Effect.gen(function* () {
        const bytes = Buffer.from(log)
        const records = yield* decode(bytes)
        for (const stored of [bytes, gzipSync(bytes), zstdCompressSync(bytes)]) {
          assert.deepStrictEqual(yield* decode(stored, {}, chunking), records)
        }
      })
    )
  })

  it.effect("a large CloudTrail document gives its records, however it is stored and cut", () =>
    Effect.gen(function* () {
      const { Records, bytes } = largeDocument(5000)
      for (const stored of [bytes, gzipSync(bytes), zstdCompressSync(bytes)]) {
        for (const size of [16_384, 1_000_003]) {
          const records = yield* textsOf(stored, { sizeHint: stored.length }, { sizes: [size], isCopied: true })
          assert.deepStrictEqual(
            records.map((text) => JSON.parse(Buffer.from(text, "latin1").toString())),
            Records
          )
        }
      }
    })
  )

  it.effect("memory that is freed as soon as it is done with makes no difference to the records", () =>
    Effect.gen(function* () {
      const { bytes } = largeDocument(5000)
      const lines = Buffer.from(Array.from({ length: 3000 }, (_, i) => "é".repeat((i * 37) % 900)).join("\n "))
      const multiline = { pattern: /^ /u, negate: false, match: "after", maxLines: 3 } as const
      for (const [log, options] of [
        [bytes, {}],
        [lines, {}],
        [lines, { multiline }]
      ] as const) {
        const members = Buffer.concat(
          [0, 1_500_000].map((from, i) => gzipSync(log.subarray(from, i === 0 ? 1_500_000 : undefined)))
        )
        for (const stored of [log, gzipSync(log), members, zstdCompressSync(log)]) {
          const sizes = [16_384, 300_000]
          const body = Stream.fromIterable(cut(stored, { sizes, isCopied: true }))
          const batches: Array<RecordBatch> = []
          const records = yield* decodeObject(body, { ...limits, ...options, isTransient: true }).pipe(
            Stream.map((batch) => {
              batches.push(batch)
              return seen(batch)
            }),
            Stream.runCollect
          )
          assert.deepStrictEqual(records.flat(), yield* decode(stored, options, { sizes, isCopied: true }))
          const left = batches.filter((batch) => batch.bytes.length > 0)
          if (stored !== log)
            assert.isBelow(
              left.reduce((sum, { bytes }) => sum + bytes.length, 0),
              log.length / 4
            )
        }
      }
    })
  )

  it.effect("a trickle of output is not taken for the end of the memory that it is written to", () =>
    Effect.gen(function* () {
      const skipped = Buffer.alloc(600_000)
      skipped.writeUInt32LE(0x184d2a50)
      skipped.writeUInt32LE(skipped.length - 8, 4)
      const all = [
        linesFrom(0, 20_000),
        ...[1, 2, 3, 4].map((n) => linesFrom(n * 100_000, 100)),
        linesFrom(900_000, 3000)
      ]
      const stored = Buffer.concat(all.flatMap((part) => [frame(`${part.join("\n")}\n`), skipped]))
      const body = Stream.fromIterable(cut(stored, { sizes: [65_536], isCopied: true }))
      const options = { ...limits, sizeHint: stored.length, isTransient: true }
      const records = yield* Stream.runCollect(Stream.map(decodeObject(body, options), seen))
      assert.deepStrictEqual(
        records.flat().map((record) => record.text),
        all.flat()
      )
    })
  )

  it.effect("records larger than any chunk come whole", () =>
    Effect.gen(function* () {
      const lines = [3_000_000, 10, 2_000_000].map((length, i) => String(i).repeat(length))
      const stored = gzipSync(Buffer.from(lines.join("\n")))
      const options = { maxRecordBytes: 10_000_000, maxExpansionRatio: 10_000 }
      const records = yield* textsOf(stored, options, { sizes: [1000], isCopied: true })
      assert.deepStrictEqual(records, lines)
    })
  )

  it.effect("a head that is decompressed bit by bit is still known for what it is", () =>
    Effect.gen(function* () {
      const parts = Array.from('{"Records":[1,2]}', (c) => Buffer.concat([gzipSync(Buffer.from(c)), Buffer.alloc(1)]))
      assert.deepStrictEqual(yield* textsOf(Buffer.concat(parts)), ["1", "2"])
    })
  )

  it.effect("an empty object has no records, whether it is stored as nothing or as nothing compressed", () =>
    Effect.gen(function* () {
      const empty = Buffer.alloc(0)
      for (const stored of [empty, gzipSync(empty), zstdCompressSync(empty)]) {
        assert.deepStrictEqual(yield* decode(stored), [])
        assert.deepStrictEqual(yield* decode(stored, { expandEventListFromField: "Records" }), [])
      }
    })
  )

  it.effect("a digest has no records, and one that is known by its key is not even read", () =>
    Effect.gen(function* () {
      const digest = Buffer.from(
        '{"awsAccountId":"111122223333","digestStartTime":"2015-08-17T14:01:31Z","logFiles":[]}'
      )
      assert.deepStrictEqual(yield* decode(gzipSync(digest)), [])
      const key = "AWSLogs/111122223333/CloudTrail-Digest/us-east-2/2015/08/17/a.json.gz"
      assert.deepStrictEqual(yield* Stream.runCollect(decodeObject(Stream.die("read"), { ...limits, key })), [])
    })
  )

  it.effect("the records before a fault come first, and then the error", () =>
    Effect.gen(function* () {
      const texts: Array<string> = []
      const error = yield* decodeObject(Stream.succeed(Buffer.from('{"Records":[1,2,}')), limits).pipe(
        Stream.runForEach((batch) => Effect.sync(() => texts.push(...seen(batch).map((record) => record.text)))),
        Effect.flip
      )
      assert.deepStrictEqual(texts, ["1", "2"])
      assert.strictEqual(error.reason._tag, "ObjectCorrupt")
    })
  )

  it.effect("truncated gzip gives the error and not the line that was cut", () =>
    Effect.gen(function* () {
      const stored = gzipSync(Buffer.from("one\ntwo")).subarray(0, -9)
      const error = yield* Effect.flip(decode(stored))
      assert.strictEqual(error.reason._tag, "ObjectCorrupt")
    })
  )

  it.effect("interrupted while the body is silent, it ends, and the body is closed", () =>
    Effect.gen(function* () {
      let isClosed = false
      const body = Stream.concat(Stream.succeed(gzipSync(Buffer.from("one\n"))), Stream.never).pipe(
        Stream.ensuring(Effect.sync(() => (isClosed = true)))
      )
      const fiber = yield* Effect.forkChild(Stream.runDrain(decodeObject(body, limits)))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.isTrue(isClosed)
    })
  )
})
