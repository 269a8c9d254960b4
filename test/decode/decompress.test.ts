import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as fc from "fast-check"
import { Duplex } from "node:stream"
import { Gunzip, gzipSync, zstdCompressSync } from "node:zlib"
import { vi } from "vitest"
import * as ChunkMemory from "../../src/decode/ChunkMemory.ts"
import { throughStages } from "../../src/decode/chunks.ts"
import { type DecompressOptions, decompress } from "../../src/decode/decompress.ts"
import { bytesFrom } from "../support/bytesFrom.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { type Chunking, chunking, cut } from "../support/decoding.ts"

const limits: DecompressOptions = { maxObjectBytes: 100_000_000, maxExpansionRatio: 1000, sizeHint: 1 }

const whole: Chunking = { sizes: [100_000_000], isCopied: false }
const byteByByte: Chunking = { sizes: [1], isCopied: false }

const decompressed = <E, R>(body: Stream.Stream<Uint8Array, E, R>, options: DecompressOptions) =>
  throughStages(body, (pull, scope) => decompress(pull, scope, options, ChunkMemory.make()))

/** What the object decompresses to, or the error that it ends with. */
const run = (stored: Uint8Array, options: Partial<DecompressOptions> = {}, chunking = whole) =>
  decompressed(Stream.fromIterable(cut(stored, chunking)), { ...limits, ...options }).pipe(
    Stream.runCollect,
    Effect.map((chunks) => {
      assert.isTrue(chunks.every((chunk) => chunk.length > 0))
      return Buffer.concat(chunks).toString("latin1")
    }),
    Effect.result
  )

const text = (stored: Uint8Array, chunking = whole) => Effect.map(run(stored, {}, chunking), Result.getOrThrow)

const reason = (stored: Uint8Array, options: Partial<DecompressOptions> = {}, chunking = whole) =>
  Effect.map(
    Effect.flatMap(run(stored, options, chunking), Effect.fromResult).pipe(Effect.flip),
    (error) => error.reason
  )

/** `magicBytes`: fewer of a second part are not noticed. */
const compressed = {
  gzip: { compress: gzipSync, magicBytes: 1 },
  zstd: { compress: zstdCompressSync, magicBytes: 4 }
}

const formats = [gzipSync, zstdCompressSync, (bytes: Uint8Array) => Buffer.from(bytes)]

describe("decompress", () => {
  for (const [format, { compress, magicBytes }] of Object.entries(compressed)) {
    it.effect(
      `however a ${format} object is cut, its parts give what they were made from, with padding behind each`,
      () => {
        const parts = fc.array(fc.tuple(fc.string({ maxLength: 300 }), fc.nat(4)), { minLength: 1, maxLength: 4 })
        return checkProperty(fc.tuple(parts, chunking), ([parts, chunking]) =>
          Effect.gen(function* () {
            const stored = parts.flatMap(([text, padding]) => [compress(Buffer.from(text)), Buffer.alloc(padding)])
            const plain = Buffer.concat(parts.map(([text]) => Buffer.from(text))).toString("latin1")
            assert.strictEqual(yield* text(Buffer.concat(stored), chunking), plain)
          })
        )
      }
    )

    it.effect(`a ${format} object that ends early is corrupt, wherever that is`, () =>
      Effect.gen(function* () {
        const stored = compress(bytesFrom(50))
        for (let length = 4; length < stored.length; length++) {
          for (const chunking of [whole, byteByByte]) {
            const error = yield* reason(stored.subarray(0, length), {}, chunking)
            assert.deepStrictEqual(
              [error._tag, error.detail],
              ["ObjectCorrupt", `the ${format} data ends early, after ${length} bytes`]
            )
          }
        }
      })
    )

    it.effect(`a ${format} object whose second part ends early is corrupt`, () =>
      Effect.gen(function* () {
        const part = compress(Buffer.from("a line\n"))
        for (let length = magicBytes; length < part.length; length++) {
          for (const chunking of [whole, byteByByte]) {
            const error = yield* reason(Buffer.concat([part, part.subarray(0, length)]), {}, chunking)
            assert.strictEqual(error._tag, "ObjectCorrupt")
          }
        }
      })
    )

    it.effect(`anything but zero bytes behind ${format} data is corrupt: it might have been log`, () =>
      Effect.gen(function* () {
        const part = compress(Buffer.from("a line\n"))
        for (const garbage of ["a", "another line\n", "\0\0\0another line\n"]) {
          for (const chunking of [whole, byteByByte]) {
            const error = yield* reason(Buffer.concat([part, Buffer.from(garbage)]), {}, chunking)
            assert.strictEqual(error._tag, "ObjectCorrupt")
          }
        }
      })
    )

    it.effect(`damaged ${format} data is corrupt, and the error says what zlib found`, () =>
      Effect.gen(function* () {
        const stored = compress(Buffer.from(bytesFrom(500).toString("hex")))
        stored.fill(0xff, 20, 40)
        const error = yield* reason(Buffer.concat([stored, stored]))
        assert.strictEqual(error._tag, "ObjectCorrupt")
        assert.match(
          error.detail,
          new RegExp(`^the ${format} data is damaged before byte ${2 * stored.length}: .+`, "u")
        )
      })
    )
  }

  it.effect("parts and padding may be cut exactly where they meet", () =>
    Effect.gen(function* () {
      for (const { compress } of Object.values(compressed)) {
        const [one, two, padding] = [compress(Buffer.from("one")), compress(Buffer.from("two")), Buffer.alloc(3)]
        for (const chunks of [
          [one, two],
          [one, padding, two, padding],
          [Buffer.concat([one, padding]), padding, two]
        ]) {
          const output = yield* Stream.runCollect(decompressed(Stream.fromIterable(chunks), limits))
          assert.strictEqual(Buffer.concat(output).toString(), "onetwo")
        }
      }
    })
  )

  it.effect("the skippable frames that parallel compressors write are skipped", () =>
    Effect.gen(function* () {
      const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 1])
      const frame = zstdCompressSync(Buffer.from("a line\n"))
      for (const chunking of [whole, byteByByte]) {
        assert.strictEqual(yield* text(Buffer.concat([skippable, frame, skippable]), chunking), "a line\n")
        assert.strictEqual(yield* text(skippable, chunking), "")
      }
    })
  )

  it.effect("what is neither gzip nor zstd comes as it is, even if it begins as they do", () =>
    Effect.gen(function* () {
      for (const plain of ["", "\x1f", "\x28\xb5\x2f", "P*M", "a line\n", "\0\0\0\0\0"]) {
        const stored = Buffer.from(plain, "latin1")
        assert.strictEqual(yield* text(stored), plain)
        assert.strictEqual(yield* text(stored, byteByByte), plain)
      }
    })
  )

  it.effect("large objects come through every format, in chunks of up to a MiB", () =>
    Effect.gen(function* () {
      const plain = Buffer.concat([bytesFrom(2_500_000), Buffer.alloc(2_500_000, "a line of log\n"), bytesFrom(1000)])
      for (const compress of formats) {
        const stored = cut(compress(plain), { sizes: [65_536], isCopied: false })
        const chunks = yield* Stream.runCollect(
          decompressed(Stream.fromIterable(stored), { ...limits, sizeHint: undefined })
        )
        assert.isTrue(Buffer.concat(chunks).equals(plain))
        assert.isTrue(chunks.every((chunk) => chunk.length <= 1024 * 1024))
      }
    })
  )

  it.effect("an object that holds more than the limit is too large, compressed or not", () =>
    Effect.gen(function* () {
      for (const compress of formats) {
        const stored = compress(bytesFrom(1001))
        assert.strictEqual((yield* reason(stored, { maxObjectBytes: 1000 }))._tag, "ObjectTooLarge")
        assert.isTrue(Result.isSuccess(yield* run(stored, { maxObjectBytes: 1001 })))
      }
    })
  )

  it.effect("a bomb is too large before it is decompressed", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(50_000_000))
      let bytes = 0
      const error = yield* decompressed(Stream.succeed(bomb), {
        ...limits,
        sizeHint: undefined,
        maxExpansionRatio: 50
      }).pipe(
        Stream.runForEach((chunk) => Effect.sync(() => (bytes += chunk.length))),
        Effect.flip
      )
      assert.strictEqual(error.reason._tag, "ObjectTooLarge")
      assert.isAtMost(bytes, 50 * bomb.length + 1024 * 1024)
    })
  )

  it.effect("a small object may expand by any ratio", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* text(gzipSync(Buffer.alloc(1_000_000)))).length, 1_000_000)
      assert.isTrue(Result.isSuccess(yield* run(gzipSync(Buffer.alloc(1_000_000)), { maxExpansionRatio: 1 })))
    })
  )

  it.effect("no more is read than is asked for, and then the decompressor is freed", () =>
    Effect.gen(function* () {
      const stored = gzipSync(bytesFrom(5_000_000))
      let read = 0
      const body = Stream.fromIterable(cut(stored, { sizes: [65_536], isCopied: false })).pipe(
        Stream.rechunk(1),
        Stream.tap((chunk) => Effect.sync(() => (read += chunk.length)))
      )
      const destroy = vi.spyOn(Duplex.prototype, "destroy")
      yield* Effect.addFinalizer(() => Effect.sync(() => destroy.mockRestore()))
      yield* Stream.runDrain(Stream.take(decompressed(body, { ...limits, sizeHint: undefined }), 1))
      assert.isBelow(read, 2_000_000)
      assert.isTrue(destroy.mock.contexts.some((engine) => engine instanceof Gunzip))
    })
  )

  it.effect("an error of the body is handed on", () =>
    Effect.gen(function* () {
      const stored = gzipSync(bytesFrom(1000))
      const body = Stream.concat(Stream.succeed(stored.subarray(0, 100)), Stream.fail("the body broke"))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(decompressed(body, limits))), "the body broke")
    })
  )
})
