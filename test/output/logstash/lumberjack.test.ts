import { assert, describe, it } from "@effect/vitest"
import { deflateSync, inflateSync } from "node:zlib"
import * as fc from "fast-check"
import { makeLumberjackReader } from "../../../src/demo/lumberjackReader.ts"
import * as EventRange from "../../../src/output/logstash/EventRange.ts"
import * as lumberjack from "../../../src/output/logstash/lumberjack.ts"
import { eventBatch } from "../../support/eventBatch.ts"

/** Bytes as one writes them down: `2W` and `{}` as they are, the others in hex, spaces for reading. */
const golden = (text: string) =>
  Buffer.concat(
    text.split(" ").map((part) => (/^[0-9a-f]{8}$/.test(part) ? Buffer.from(part, "hex") : Buffer.from(part)))
  )

/** The bytes cut into pieces of these lengths, over and over. */
const cut = (bytes: Buffer, lengths: ReadonlyArray<number>) => {
  const pieces: Array<Buffer> = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const next = at + (lengths[i % lengths.length] ?? 1)
    pieces.push(bytes.subarray(at, next))
    at = next
  }
  return pieces
}

const chunkings = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 })
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const texts = fc.array(
  fc.string({ unit: "grapheme", maxLength: 40 }).map((message) => JSON.stringify({ message })),
  { minLength: 1, maxLength: 20 }
)

const readAll = (pieces: ReadonlyArray<Uint8Array>) => {
  const sequences: Array<number> = []
  const reader = lumberjack.makeAckReader()
  for (const piece of pieces) {
    const wrong = reader.read(piece, (sequence) => sequences.push(sequence))
    if (wrong !== undefined) return { sequences, wrong }
  }
  return { sequences, wrong: undefined }
}

describe("lumberjack: the frames, worked out by hand", () => {
  it("a window announces its events, and each carries its sequence, its length and its JSON without the newline", () => {
    assert.deepStrictEqual(
      lumberjack.windowOf([{ batch: eventBatch(`{}`, `{"a":"ü"}`), start: 0, end: 2 }]),
      golden(`2W 00000002 2J 00000001 00000002 {} 2J 00000002 0000000a {"a":"ü"}`)
    )
  })

  it("a window from the middle of batches begins with sequence 1, and goes on from one to the next", () => {
    assert.deepStrictEqual(
      lumberjack.windowOf([
        { batch: eventBatch(`{"n":1}`, `{"n":2}`), start: 1, end: 2 },
        { batch: eventBatch(`{"n":3}`, `{"n":4}`), start: 0, end: 1 }
      ]),
      golden(`2W 00000002 2J 00000001 00000007 {"n":2} 2J 00000002 00000007 {"n":3}`)
    )
  })

  it("a compressed window holds the frames of its events, and only those, as zlib", () => {
    const plain = lumberjack.windowOf([{ batch: eventBatch(`{}`), start: 0, end: 1 }])
    const window = lumberjack.compressedWindowOf(1, deflateSync(lumberjack.eventFrames(plain)))
    const length = (window.length - 12).toString(16).padStart(8, "0")
    assert.deepStrictEqual(window.subarray(0, 12), golden(`2W 00000001 2C ${length}`))
    assert.deepStrictEqual(inflateSync(window.subarray(12)), golden(`2J 00000001 00000002 {}`))
  })

  it("an acknowledgement is 2A and the sequence, the highest byte first", () => {
    assert.deepStrictEqual(readAll([golden("2A 00000001 2A fffffffe 2A 00000000")]).sequences, [1, 0xffff_fffe, 0])
  })
})

describe("lumberjack: what is written can be read", () => {
  it("any part of any batches, in any chunks, plain or compressed", () => {
    fc.assert(
      fc.property(
        fc.array(texts, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        chunkings,
        (batches, a, b, isCompressed, lengths) => {
          const events = batches.flat()
          const start = Math.min(a % events.length, b % events.length)
          const end = Math.max(a % events.length, b % events.length) + 1
          const take = EventRange.from(
            batches.map((texts) => eventBatch(...texts)),
            start
          )
          const plain = lumberjack.windowOf(take(end - start))
          const window = isCompressed
            ? lumberjack.compressedWindowOf(end - start, deflateSync(lumberjack.eventFrames(plain)))
            : plain
          const windows: Array<ReadonlyArray<string>> = []
          const read = makeLumberjackReader({ onWindow: (received) => windows.push(received.events) })
          for (const piece of cut(Buffer.concat([window, window]), lengths)) read(piece)
          assert.deepStrictEqual(windows, [events.slice(start, end), events.slice(start, end)])
        }
      )
    )
  })

  it("acknowledgements in any chunks", () => {
    fc.assert(
      fc.property(fc.array(uint32, { maxLength: 20 }), chunkings, (sequences, lengths) => {
        const bytes = golden(sequences.map((sequence) => `2A ${sequence.toString(16).padStart(8, "0")}`).join(" "))
        assert.deepStrictEqual(readAll(cut(bytes, lengths)), { sequences, wrong: undefined })
      })
    )
  })

  it("what is no acknowledgement is told at its first byte, after those before it", () => {
    fc.assert(
      fc.property(fc.array(uint32, { maxLength: 5 }), chunkings, (sequences, lengths) => {
        const acks = sequences.map((sequence) => `2A ${sequence.toString(16).padStart(8, "0")}`)
        for (const [garbage, byte] of [
          ["HTTP/1.1", "0x48"],
          ["2W", "0x57"],
          ["1A", "0x31"]
        ] as const) {
          assert.deepStrictEqual(readAll(cut(golden([...acks, garbage].join(" ").trim()), lengths)), {
            sequences,
            wrong: `the answer is no acknowledgement of the Beats protocol (byte ${byte})`
          })
        }
      })
    )
  })
})
