/**
 * Records to events: one pass over the bytes, straight into the slab that the output ships.
 */
import { isUtf8 } from "node:buffer"
import type { EventBatch } from "../domain/EventBatch.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { RecordBatch } from "../domain/RecordBatch.ts"
import { OFFSET_DIGITS } from "./eventId.ts"
import { type EventProfile, type EventTemplate, makeEventTemplate } from "./eventTemplate.ts"
import { copyInto, digitsInto, MAX_DIGITS, quote } from "./jsonString.ts"

export type { EventLayout, EventProfile } from "./eventTemplate.ts"

/** Encodes the records of one object. Keeps nothing between two batches. */
export interface ObjectEncoder {
  /**
   * One event per record, in order.
   *
   * **Shape** Each event is one line of valid JSON whatever the record's bytes are: `message` (`log` in LogRhythm's layout)
   * is the record as it stood, bytes that are not UTF-8 replaced by U+FFFD.
   *
   * **Units** `readAt` is milliseconds since the epoch, and becomes `@timestamp`.
   */
  readonly encode: (batch: RecordBatch, readAt: number) => EventBatch
}

/** Encodes events of one beat. */
export interface EventEncoder {
  /** The encoder of the object's records. */
  readonly forObject: (object: ObjectRef) => ObjectEncoder
}

/** An encoder that gives every event what the profile says. */
export const makeEventEncoder = (profile: EventProfile): EventEncoder => ({
  forObject: (object) => {
    const template = makeEventTemplate(profile, object)
    return { encode: (batch, readAt) => encode(template, batch, readAt) }
  }
})

/** A record longer than this is quoted in pieces, so that no string is ever larger. */
const PIECE_BYTES = 1024 * 1024

/** CloudTrail, full of quotes, grows by a seventh; plain lines hardly at all. */
const EXPECTED_GROWTH = 1.2

const encode = (template: EventTemplate, batch: RecordBatch, readAt: number): EventBatch => {
  const { count, ends: recordEnds, objectOffset, starts, truncated } = batch
  const { afterId, beforeMessage, beforeTruncated, tail } = template
  const head = headAt(template, readAt)
  const fixed = head.length + afterId.length + beforeTruncated.length + tail.length + 2 * MAX_DIGITS
  const span = count === 0 ? 0 : (recordEnds[count - 1] ?? 0) - (starts[0] ?? 0)
  const isValid = isWholeUtf8(batch)
  const bytes = asBuffer(batch.bytes)
  const ends = new Uint32Array(count)
  let out: Buffer = Buffer.allocUnsafeSlow(Math.ceil(span * EXPECTED_GROWTH) + count * fixed)
  let at = 0

  for (let i = 0; i < count; i++) {
    let record: Buffer = bytes
    let start = starts[i] ?? 0
    let end = recordEnds[i] ?? 0
    const offset = objectOffset + start
    if (!isValid && !isUtf8(record.subarray(start, end))) {
      record = withReplacements(record.subarray(start, end))
      start = 0
      end = record.length
    }
    if (out.length - at < fixed) out = grow(out, at, fixed)
    at = copyInto(out, at, head)
    at = digitsInto(out, at, offset, OFFSET_DIGITS)
    at = copyInto(out, at, afterId)
    at = digitsInto(out, at, offset, 1)
    at = copyInto(out, at, truncated?.has(i) === true ? beforeTruncated : beforeMessage)
    for (let piece = start; ;) {
      const next = Math.min(piece + PIECE_BYTES, end)
      const quoted = quote(record, piece, next)
      // The pieces of one message share its quotes.
      const inside = piece === start ? quoted : quoted.slice(1)
      const room = inside.length + tail.length
      if (out.length - at < room) out = grow(out, at, room)
      out.write(inside, at, "latin1")
      at += inside.length
      if (next === end) break
      at--
      piece = next
    }
    at = copyInto(out, at, tail)
    ends[i] = at
  }
  return { bytes: out, count, ends }
}

const headAt = ({ afterTimestamp, head }: EventTemplate, readAt: number): Buffer =>
  Buffer.concat([head, Buffer.from(new Date(readAt).toISOString(), "latin1"), afterTimestamp])

/**
 * One native check for the whole slab. A slab that is valid as a whole may still hold a record that was cut within a
 * character, so a batch with truncated records is checked record by record.
 */
const isWholeUtf8 = ({ bytes, count, ends, starts, truncated }: RecordBatch): boolean =>
  count > 0 && truncated === undefined && isUtf8(bytes.subarray(starts[0], ends[count - 1]))

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** What the WHATWG decoder makes of the bytes: U+FFFD for each maximal part of a broken sequence. */
const withReplacements = (bytes: Uint8Array): Buffer => Buffer.from(decoder.decode(bytes))

/** The same bytes, with Node's own reading methods. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The same bytes with room for `room` more, and half as much again so that it is not asked for soon. */
const grow = (out: Buffer, used: number, room: number): Buffer => {
  const larger = Buffer.allocUnsafeSlow(Math.max(used + room, Math.ceil(out.length * 1.5)))
  larger.set(out.subarray(0, used))
  return larger
}
