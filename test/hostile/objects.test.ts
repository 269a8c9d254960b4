/**
 * What objects can do to the time and the memory of whoever reads them: nothing.
 */
import { gzipSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import { decodeObject, type DecodeObjectOptions } from "../../src/decode/decodeObject.ts"
import type { RecordBatch } from "../../src/domain/RecordBatch.ts"
import { bytesHeld } from "../support/bytesHeld.ts"
import { gzipBomb, zstdBomb } from "./bombs.ts"

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** As a config has them by default, but for the largest object. */
const limits: DecodeObjectOptions = {
  inflateKernel: InflateKernel.make(),
  jsonKernel: JsonKernel.make(),
  maxRecordBytes: MiB,
  maxObjectBytes: 10 * GiB,
  maxExpansionRatio: 200
}

/** What an object of any size may hold on to: the record that is open, twice while it moves, and the chunks between the stages. */
const HELD = 16 * MiB

/** So often it is looked at what is held. */
const LOOKS = 16

interface Outcome {
  readonly records: number
  readonly truncated: number
  readonly readBytes: number
  readonly heldBytes: number
  readonly error: string | undefined
}

/** Reads each piece so many times, and counts. */
const read = Effect.fnUntraced(function* (
  pieces: ReadonlyArray<{ readonly piece: Uint8Array; readonly times: number }>,
  options: Partial<DecodeObjectOptions> = {}
) {
  let [records, truncated, readBytes, heldBytes] = [0, 0, 0, 0]
  const chunks = pieces.reduce((sum, { times }) => sum + times, 0)
  const before = bytesHeld()
  const look = () => {
    heldBytes = Math.max(heldBytes, bytesHeld() - before)
  }
  const body = Stream.fromIterable(pieces).pipe(
    Stream.flatMap(({ piece, times }) => Stream.map(Stream.range(1, times), () => piece)),
    Stream.rechunk(1),
    Stream.tap((piece) =>
      Effect.sync(() => {
        readBytes += piece.byteLength
        if (Math.floor(readBytes / piece.byteLength) % Math.ceil(chunks / LOOKS) === 0) look()
      })
    )
  )
  const count = (batch: RecordBatch) =>
    Effect.sync(() => {
      records += batch.count
      truncated += batch.truncated?.size ?? 0
      look()
    })
  const error = yield* decodeObject(body, { ...limits, ...options }).pipe(
    Stream.runForEach(count),
    Effect.match({ onFailure: ({ reason }) => reason._tag, onSuccess: () => undefined })
  )
  return { records, truncated, readBytes, heldBytes, error } satisfies Outcome
})

const bounded = (outcome: Outcome) => assert.isBelow(outcome.heldBytes, HELD)

const endless = (name: string, head: string, piece: string, options: Partial<DecodeObjectOptions> = {}) =>
  it.effect(`${name}: 32 MiB of it are read, and next to nothing is held`, () =>
    Effect.gen(function* () {
      const chunk = Buffer.from(piece.repeat(Math.floor((64 * KiB) / piece.length)))
      const outcome = yield* read(
        [
          { piece: Buffer.from(head), times: 1 },
          { piece: chunk, times: (32 * MiB) / (64 * KiB) }
        ],
        options
      )
      assert.isAtMost(outcome.records, 1)
      assert.isAbove(outcome.readBytes, 31 * MiB)
      bounded(outcome)
    })
  )

describe("bombs", () => {
  for (const [name, bomb] of [
    ["zstd: 320 KiB that stand for 10 GiB", zstdBomb(10 * GiB)],
    ["gzip: 10 MiB that stand for 10 GiB", gzipBomb(10 * KiB)],
    ["gzip, of newlines alone", gzipBomb(64, 0x0a)]
  ] as const) {
    it.effect(`${name} are too large before any of that is there`, () =>
      Effect.gen(function* () {
        const outcome = yield* read([{ piece: bomb, times: 1 }])
        assert.strictEqual(outcome.error, "ObjectTooLarge")
        bounded(outcome)
      })
    )
  }

  it.effect("a bomb that is allowed to go off is too large at the limit of its size, and never held", () =>
    Effect.gen(function* () {
      for (const bomb of [zstdBomb(10 * GiB), gzipBomb(512)]) {
        const allowed = { maxExpansionRatio: 1_000_000, maxObjectBytes: 64 * MiB }
        const outcome = yield* read([{ piece: bomb, times: 1 }], allowed)
        assert.strictEqual(outcome.error, "ObjectTooLarge")
        bounded(outcome)
      }
    })
  )

  it.effect("a bomb within a bomb is one record of bytes: nothing is decompressed twice", () =>
    Effect.gen(function* () {
      const outcome = yield* read([{ piece: gzipSync(zstdBomb(GiB)), times: 1 }])
      assert.isUndefined(outcome.error)
      bounded(outcome)
    })
  )

  it.effect("members and frames without any content, and padding, take no memory, however many they are", () =>
    Effect.gen(function* () {
      const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
      for (const piece of [gzipSync(""), zstdCompressSync(""), skippable]) {
        const many = Buffer.concat(Array.from({ length: 3000 }, () => piece))
        const outcome = yield* read([{ piece: many, times: 20 }])
        assert.deepStrictEqual([outcome.error, outcome.records], [undefined, 0])
        bounded(outcome)
      }
      const padded = yield* read([
        { piece: gzipSync("a\n"), times: 1 },
        { piece: Buffer.alloc(64 * KiB), times: 500 }
      ])
      assert.deepStrictEqual([padded.error, padded.records], [undefined, 1])
      bounded(padded)
    })
  )
})

describe("objects that never come to a point", () => {
  endless("a line without an end", "", "a")
  endless("NUL bytes", "", "\0")
  endless("a string without an end", '{"Records":["', "a")
  endless("a key without an end", '{"Records":[],"', "a")
  endless("arrays within arrays", '{"Records":[', "[")
  endless("objects within objects", '{"Records":[', '{"a":')
  endless("objects within objects, in a field that is passed over", '{"other":', '{"a":', {
    expandEventListFromField: "Records"
  })
  endless("white space between values", '{"Records":[', " ")
  endless("empty documents", "", '{"Records":[]}')
})

describe("nesting", () => {
  it.effect("a record 100,000 deep is a record as any other, and so is the one behind it", () =>
    Effect.gen(function* () {
      for (const [open, close] of [
        ["[", "]"],
        ['{"a":', "}"]
      ] as const) {
        const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
        for (const field of ["Records", "events"]) {
          const document = Buffer.from(`{"${field}":[${deep},{"b":2}]}`)
          const outcome = yield* read([{ piece: document, times: 1 }], { expandEventListFromField: field })
          assert.deepStrictEqual([outcome.records, outcome.truncated, outcome.error], [2, 0, undefined])
        }
      }
    })
  )
})
