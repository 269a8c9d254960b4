import { isUtf8 } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { LineBatch } from "../../src/decode/LineBatch.ts"
import * as EventBatch from "../../src/domain/EventBatch.ts"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import type { RecordBatch } from "../../src/domain/RecordBatch.ts"
import {
  type EncodedRecords,
  encodeOnly,
  type EventLayout,
  type EventProfile,
  makeEventEncoder,
  type ObjectEncoder
} from "../../src/encode/EventEncoder.ts"

const profile: EventProfile = {
  beatName: "s3beat",
  version: "1.2.3",
  fullyQualifiedBeatName: "s3beat_prod",
  fieldsUnderRoot: false,
  tags: []
}

const object: ObjectRef = { bucket: "logs", key: "a/b.gz", region: "us-east-1", eTag: "e1" }

const readAt = Date.UTC(2026, 0, 2, 3, 4, 5, 6)

/** The records one after the other in one slab, with a separator behind each. */
const batchOf = (
  records: ReadonlyArray<Uint8Array>,
  objectOffset = 0,
  truncated?: ReadonlySet<number>,
  separator = "\0"
): RecordBatch => {
  const starts = new Uint32Array(records.length)
  const ends = new Uint32Array(records.length)
  let at = 0
  records.forEach((record, i) => {
    starts[i] = at
    at += record.length
    ends[i] = at
    at += separator.length
  })
  const bytes = new Uint8Array(at)
  records.forEach((record, i) => {
    bytes.set(record, starts[i])
    bytes.set(text(separator), ends[i])
  })
  return {
    bytes,
    objectOffset,
    count: records.length,
    starts,
    ends,
    ...(truncated === undefined ? undefined : { truncated })
  }
}

const decodeUtf8 = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

const eventsOf = (
  batch: RecordBatch,
  options: { profile?: Partial<EventProfile>; object?: Partial<ObjectRef> } = {}
) => {
  const encoder = makeEventEncoder({ ...profile, ...options.profile }).forObject({ ...object, ...options.object })
  return [...EventBatch.events(encodeAll(encoder, batch))].map((event) => JSON.parse(decodeUtf8(event)))
}

/** All events of a batch, with the slabs that they came in one behind the other. */
const encodeAll = (encoder: ObjectEncoder, batch: RecordBatch) =>
  EventBatch.concat(Array.from(encodeOnly(encoder, batch, readAt), ({ events }) => events))

const ids = (batch: RecordBatch, other: Partial<ObjectRef> = {}) =>
  eventsOf(batch, { object: other }).map((event): string => event["@metadata"]._id)

const text = (value: string) => new TextEncoder().encode(value)

/** Bytes that break encoders: any bytes at all, control characters, broken UTF-8, JSON. */
const record = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ max: 0x1f, maxLength: 50 }),
  fc.string({ unit: "binary", maxLength: 50 }).map(text),
  fc.json().map(text),
  fc.constantFrom(
    Uint8Array.of(0xed, 0xa0, 0x80),
    Uint8Array.of(0xf0, 0x9f, 0x98),
    Uint8Array.of(0xef, 0xbb, 0xbf, 0x41),
    Uint8Array.of(0)
  )
)

/** The layouts, and where each has the record. */
const layouts: ReadonlyArray<readonly [layout: EventLayout, text: string]> = [
  ["ecs", "message"],
  ["logrhythm", "log"]
]

/** Whether they lie in the same place. */
const isSame = (one: EventBatch.EventBatch) => (other: EventBatch.EventBatch) =>
  other.bytes.buffer === one.bytes.buffer && other.bytes.byteOffset === one.bytes.byteOffset

const textOf = (events: EventBatch.EventBatch) => Buffer.from(EventBatch.ndjson(events)).toString()

const textOfEncoded = ({ events }: EncodedRecords) => textOf(events)

describe("EventEncoder", () => {
  it.each(layouts)(
    "%s: any bytes become one line of valid JSON whose %s is the record, as UTF-8 decodes it",
    (layout, name) => {
      fc.assert(
        fc.property(fc.array(record, { maxLength: 20 }), (records) => {
          const encoder = makeEventEncoder({ ...profile, layout }).forObject(object)
          const batch = encodeAll(encoder, batchOf(records))
          const lines = [...EventBatch.events(batch)]
          assert.strictEqual(lines.length, records.length)
          lines.forEach((line, i) => {
            assert.isFalse(line.includes(0x0a))
            assert.strictEqual(JSON.parse(decodeUtf8(line))[name], decodeUtf8(records[i] ?? new Uint8Array(0)))
          })
          assert.strictEqual(
            decodeUtf8(EventBatch.ndjson(batch)),
            lines.map((line) => `${decodeUtf8(line)}\n`).join("")
          )
        })
      )
    }
  )

  it("any text, wherever its escapes fall among sixteen bytes, is the same as JSON has it", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.string({ unit: fc.constantFrom('"', "\\", "\n", "\u0001", "\u001f", "a", "é"), maxLength: 60 }),
      fc.string({ unit: "grapheme-ascii", maxLength: 60 })
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.nat(2 ** 40), (lines, offset) => {
        const batch = batchOf(lines.map(text), offset)
        const events = [...EventBatch.events(encodeAll(makeEventEncoder(profile).forObject(object), batch))]
        events.forEach((event, i) => {
          const expected = lines[i]?.toWellFormed()
          const { log, message, ...others } = JSON.parse(decodeUtf8(event))
          assert.strictEqual(message, expected)
          assert.isTrue(decodeUtf8(event).includes(JSON.stringify(expected)), "escaped as JSON.stringify does")
          assert.strictEqual(log.offset, offset + (batch.starts[i] ?? 0))
          assert.match(others["@metadata"]._id, new RegExp(`${String(log.offset).padStart(12, "0")}$`, "u"))
        })
        assert.strictEqual(events.length, lines.length)
      })
    )
  })

  it("however many slabs they take, events come whole, in order, each in one of them", () => {
    const lines = Array.from({ length: 18_000 }, (_, i) => text(`line ${i} ${"x".repeat(i % 300)}`))
    const huge = [...lines.slice(0, 5), new Uint8Array(3_000_000).fill(0x79), ...lines.slice(5)]
    const encoder = makeEventEncoder(profile).forObject(object)
    const batch = batchOf(huge, 0, undefined, "\n")
    const slabs = [...encodeOnly(encoder, batch, readAt)]
    assert.isAbove(slabs.length, 5)
    assert.strictEqual(
      slabs.reduce((sum, { recordBytes }) => sum + recordBytes, 0) + slabs.length - 1,
      batch.ends[huge.length - 1]
    )
    const messages = slabs.flatMap(({ events }) =>
      [...EventBatch.events(events)].map((event): string => JSON.parse(decodeUtf8(event)).message)
    )
    assert.deepStrictEqual(messages, huge.map(decodeUtf8))
  })

  it("lines that nobody has looked for become the events that they become when they are marked", () => {
    const encoder = makeEventEncoder(profile)
    // Some are longer than the encoder takes in at a time, few are longer than a slab.
    const length = fc.oneof(
      { weight: 1000, arbitrary: fc.nat(200) },
      { weight: 20, arbitrary: fc.nat(200_000) },
      { weight: 1, arbitrary: fc.constant(2_500_000) }
    )
    const line = fc
      .tuple(fc.constantFrom("x", '"', "\r", "é"), length, fc.constantFrom("\n", "\n", "\r\n", "\n\r\n\n"))
      .map(([letter, count, end]) => letter.repeat(count) + end)
    const log = fc
      .tuple(fc.array(line, { maxLength: 200 }), fc.constantFrom("last", "\xff"))
      .map(([lines, last]) => Buffer.from(`first\n${lines.join("")}${last}`, last === "last" ? "utf8" : "latin1"))
    fc.assert(
      fc.property(log, fc.nat(2 ** 40), (bytes, objectOffset) => {
        const unmarked = new LineBatch(bytes, objectOffset)
        const { count, ends, starts } = new LineBatch(bytes, objectOffset)
        const marked = { bytes, objectOffset, count, starts, ends }
        const [expected, actual] = [marked, unmarked].map((batch) =>
          Array.from(encodeOnly(encoder.forObject(object), batch, readAt), ({ events, recordBytes }) => {
            const text = textOf(events)
            encoder.release(events)
            return { text, recordBytes }
          })
        )
        assert.deepStrictEqual(actual, expected)
      }),
      { numRuns: 50 }
    )
  })

  it("a slab that is released is written again, and one that is not never", () => {
    const encoder = makeEventEncoder(profile)
    const lines = Array.from({ length: 9000 }, (_, i) => text(`line ${i}`))
    const batch = batchOf(lines, 0, undefined, "\n")
    const encode = () => Array.from(encodeOnly(encoder.forObject(object), batch, readAt), ({ events }) => events)
    const expected = encode().map(textOf)

    // More than there are in the kernel's own memory, so that others are made.
    const all = Array.from({ length: 20 }, encode)
    const released = [all[0]?.[0], all.at(-1)?.[0]].flatMap((events) => events ?? [])
    assert.lengthOf(released, 2)
    for (const events of released) encoder.release(events)
    const kept = all.flat().filter((events) => !released.includes(events))
    const again = encode()
    assert.deepStrictEqual(again.map(textOf), expected)
    for (const events of released) assert.isTrue(again.some(isSame(events)))
    for (const events of kept) assert.isFalse(again.some(isSame(events)))
    for (const [i, texts] of all.entries()) if (i > 0 && i < 19) assert.deepStrictEqual(texts.map(textOf), expected)
  })

  it("records become the same events however they are cut into batches, and a slab waits until it is full", () => {
    const cuts = fc.array(fc.tuple(fc.array(record, { maxLength: 10 }), fc.boolean()), { maxLength: 10 })
    fc.assert(
      fc.property(cuts, (pieces) => {
        const encoder = makeEventEncoder(profile).forObject(object)
        let objectOffset = 0
        const apart: Array<string> = []
        const together: Array<EventBatch.EventBatch> = []
        let recordBytes = 0
        for (const [records, isLater] of pieces) {
          const batch = batchOf(records, objectOffset, undefined, "\n")
          const at = isLater ? readAt + 1 : readAt
          apart.push(...Array.from(encodeOnly(makeEventEncoder(profile).forObject(object), batch, at), textOfEncoded))
          for (const encoded of encoder.encode(batch, at)) {
            together.push(encoded.events)
            recordBytes += encoded.recordBytes
          }
          objectOffset += batch.bytes.length
        }
        const rest = encoder.flush()
        if (rest !== undefined) together.push(rest.events)
        recordBytes += rest?.recordBytes ?? 0
        assert.strictEqual(together.map(textOf).join(""), apart.join(""))
        assert.isUndefined(encoder.flush())
        const all = pieces.flatMap(([records]) => records)
        if (all.every((bytes) => isUtf8(bytes))) {
          assert.isAtMost(together.length, 1)
          assert.isAtLeast(
            recordBytes,
            all.reduce((sum, { length }) => sum + length, 0)
          )
        }
      })
    )
  })

  it.each([
    ["the kernel's", 0],
    ["its own", 128]
  ])(
    "slabs in %s memory that are filled by several batches, in turns, hold the events of their object",
    (_, others) => {
      const encoder = makeEventEncoder(profile)
      // As many as there are in the kernels' memory are in use.
      const waiting = Array.from({ length: others }, () => encoder.forObject(object))
      for (const other of waiting) assert.deepStrictEqual([...other.encode(batchOf([text("other")]), readAt)], [])
      const objects = ["one", "three"].map((name) => ({
        encoder: encoder.forObject(object),
        lines: Array.from({ length: 18_000 }, (_, i) => text(`${name} ${i} ${"x".repeat(i % 300)}`)),
        slabs: new Array<EventBatch.EventBatch>()
      }))
      for (let first = 0; first < 18_000; first += 300) {
        for (const { encoder, lines, slabs } of objects) {
          const batch = batchOf(lines.slice(first, first + 300), 0, undefined, "\n")
          slabs.push(...Array.from(encoder.encode(batch, readAt), ({ events }) => events))
        }
      }
      for (const { encoder, lines, slabs } of objects) {
        assert.isAbove(slabs.length, 3)
        for (const events of slabs) {
          assert.isAbove(EventBatch.byteLength(events), 1.9 * 1024 * 1024)
          assert.strictEqual(events.bytes.buffer instanceof SharedArrayBuffer, others === 0)
        }
        const messages = [...slabs, encoder.flush()?.events ?? EventBatch.empty].flatMap((events) =>
          [...EventBatch.events(events)].map((event): string => JSON.parse(decodeUtf8(event)).message)
        )
        assert.deepStrictEqual(messages, lines.map(decodeUtf8))
      }
      for (const other of waiting) assert.strictEqual(other.flush()?.events.count, 1)
    }
  )

  it("what waits and is given up leaves its slab to others", () => {
    const encoder = makeEventEncoder(profile)
    // More often than there are slabs in the memory that threads share.
    for (let i = 0; i < 200; i++) {
      const given = encoder.forObject(object)
      assert.deepStrictEqual([...given.encode(batchOf([text("lost")]), readAt)], [])
      given.discard()
      assert.isUndefined(given.flush())
    }
    const lines = Array.from({ length: 9000 }, (_, i) => text(`line ${i}`))
    const [full] = encoder.forObject(object).encode(batchOf(lines, 0, undefined, "\n"), readAt)
    assert.instanceOf(full?.events.bytes.buffer, SharedArrayBuffer)
  })

  it("the memory of events that are no slab full is freed when they are released", () => {
    const encoder = makeEventEncoder(profile)
    const large = [...encodeOnly(encoder.forObject(object), batchOf([new Uint8Array(100_000).fill(97)]), readAt)]
    const huge = [...encodeOnly(encoder.forObject(object), batchOf([new Uint8Array(3_000_000).fill(97)]), readAt)]
    for (const { events } of [...large, ...huge]) {
      assert.isAbove(events.bytes.length, 0)
      encoder.release(events)
      assert.strictEqual(events.bytes.buffer.byteLength, 0)
    }
  })

  it("a record that was cut within a character is whole JSON, in a slab that is valid UTF-8 as a whole", () => {
    const slab = text("aé!")
    const batch: RecordBatch = {
      bytes: slab,
      objectOffset: 0,
      count: 2,
      starts: Uint32Array.of(0, 3),
      ends: Uint32Array.of(2, 4),
      truncated: new Set([0])
    }
    assert.deepStrictEqual(
      eventsOf(batch).map((event) => event.message),
      ["a\uFFFD", "!"]
    )
  })

  it("each batch has the time at which it was read", () => {
    const encoder = makeEventEncoder(profile).forObject(object)
    const times = [readAt, readAt, readAt + 1, readAt].flatMap((at) =>
      Array.from(
        encodeOnly(encoder, batchOf([text("x")]), at),
        ({ events }) => JSON.parse(textOf(events))["@timestamp"]
      )
    )
    const [first, later] = ["2026-01-02T03:04:05.006Z", "2026-01-02T03:04:05.007Z"]
    assert.deepStrictEqual(times, [first, first, later, first])
  })

  it("a record that grows sixfold has room", () => {
    for (const length of [1, 1000, 3 * 1024 * 1024]) {
      const [event] = eventsOf(batchOf([new Uint8Array(length).fill(1)]))
      assert.strictEqual(event.message, "\u0001".repeat(length))
    }
  })

  it("carries what the profile and the object say", () => {
    const [event] = eventsOf(batchOf([text("x")], 7), {
      profile: { deviceType: "cloudtrail", tags: ["a"], fields: { env: "prod" } },
      object: { versionId: "v1" }
    })
    assert.deepStrictEqual(
      { ...event, "@metadata": { ...event["@metadata"], _id: "id" } },
      {
        "@timestamp": "2026-01-02T03:04:05.006Z",
        "@metadata": { beat: "s3beat", type: "_doc", version: "1.2.3", _id: "id" },
        log: { offset: 7, file: { path: "https://logs.s3.us-east-1.amazonaws.com/a/b.gz" } },
        message: "x",
        aws: {
          s3: {
            bucket: { name: "logs", arn: "arn:aws:s3:::logs" },
            object: { key: "a/b.gz", versionId: "v1", eTag: "e1" }
          }
        },
        cloud: { provider: "aws", region: "us-east-1" },
        fullyqualifiedbeatname: "s3beat_prod",
        device_type: "cloudtrail",
        tags: ["a"],
        fields: { env: "prod" }
      }
    )
  })

  it.each(layouts)("%s: fields under the root never change what s3beat says itself, nor look like it", (layout) => {
    const own = [
      "@timestamp",
      "@metadata",
      "log",
      "record",
      "message",
      "heartbeat",
      "aws",
      "cloud",
      "fullyqualifiedbeatname"
    ]
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom("env", "__proto__", "device_type", ...own, ...own.map((name) => `${name}.offset`))
    )
    fc.assert(
      fc.property(record, fc.dictionary(name, fc.jsonValue()), (bytes, fields) => {
        const batch = batchOf([bytes], 7, new Set([0]))
        const [plain] = eventsOf(batch, { profile: { layout } })
        const [event] = eventsOf(batch, { profile: { layout, fieldsUnderRoot: true, fields } })
        for (const [key, value] of Object.entries(plain)) assert.deepStrictEqual(event[key], value)
        const more = Object.keys(event).filter((key) => !Object.hasOwn(plain, key))
        for (const key of more) assert.notMatch(key, /^(?:log|message|heartbeat|@metadata|aws)(?:\.|$)/u)
        for (const key of ["env", "device_type"])
          assert.strictEqual(JSON.stringify(event[key]), JSON.stringify(fields[key]))
      })
    )
  })

  it("LogRhythm's layout has the record in log, its place in record, no message, and all else as ECS has it", () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (records, at) => {
          const batch = batchOf(records, at, new Set([0]))
          const options = { deviceType: "cloudtrail", tags: ["a"], fields: { message: "the user's own" } }
          const ecs = eventsOf(batch, { profile: { ...options, layout: "ecs" } })
          const logRhythm = eventsOf(batch, { profile: { ...options, layout: "logrhythm" } })
          assert.isTrue(logRhythm.every((event) => typeof event.log === "string" && !("message" in event)))
          for (const event of logRhythm) {
            Object.assign(event, { message: event.log, log: event.record })
            delete event.record
          }
          assert.deepStrictEqual(logRhythm, ecs)
        }
      )
    )
  })

  it("a truncated record is marked, its neighbours are not", () => {
    const events = eventsOf(batchOf([text("a"), text("b"), text("c")], 0, new Set([1])))
    assert.deepStrictEqual(
      events.map((event) => event.log.flags),
      [undefined, ["truncated"], undefined]
    )
  })

  it("hostile names of buckets, keys and fields stay inside their strings", () => {
    const key = 'a"},"message":"forged\n\u0000\ud800'
    const [event] = eventsOf(batchOf([text("x")]), { object: { key }, profile: { fields: { [key]: key } } })
    assert.strictEqual(event.message, "x")
    assert.strictEqual(event.aws.s3.object.key, key)
  })

  describe("the id", () => {
    it("is the same however the object was cut into batches", () => {
      const records = ["one", "two", "three"].map(text)
      const whole = ids(batchOf(records))
      const parts = [...ids(batchOf(records.slice(0, 1))), ...ids(batchOf(records.slice(1), 4))]
      assert.deepStrictEqual(parts, whole)
    })

    it("differs by offset, bucket, key and content", () => {
      const batch = batchOf(["same", "same"].map(text))
      const all = [{}, { bucket: "b" }, { key: "k" }, { eTag: "e2" }, { versionId: "v1" }].flatMap((other) =>
        ids(batch, other)
      )
      assert.strictEqual(new Set(all).size, all.length)
    })

    it("is not changed by the ETag of a version: both name the same content", () => {
      const batch = batchOf([text("x")])
      assert.deepStrictEqual(ids(batch, { versionId: "v1", eTag: "e1" }), ids(batch, { versionId: "v1", eTag: "e2" }))
    })

    it("holds an offset of any size", () => {
      const far = 2 ** 52 + 1
      const [event] = eventsOf(batchOf([text("x")], far))
      assert.strictEqual(event.log.offset, far)
      assert.isTrue(event["@metadata"]._id.endsWith(`-${far}`))
      assert.match(ids(batchOf([text("x")], 5))[0] ?? "", /-000000000005$/u)
    })
  })
})
