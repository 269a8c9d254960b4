/**
 * Records to events: one pass over the bytes, straight into the slab that the output ships.
 */
import { isUtf8 } from "node:buffer"
import type { EventBatch } from "../domain/EventBatch.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { RecordBatch } from "../domain/RecordBatch.ts"
import { OFFSET_DIGITS } from "./eventId.ts"
import { type EventProfile, type EventTemplate, makeEventTemplate } from "./eventTemplate.ts"
import * as EventSlabs from "./EventSlabs.ts"
import { copyInto, digitsInto, MAX_DIGITS, QUOTE, quote, withoutZeros } from "./jsonString.ts"
import { needsNoEscape } from "./needsNoEscape.ts"

export type { EventLayout, EventProfile } from "./eventTemplate.ts"

/** Some events, and how many bytes the records had that they were made of. */
export interface EncodedRecords {
  readonly events: EventBatch
  readonly recordBytes: number
}

/** Encodes the records of one object. Keeps nothing between two batches. */
export interface ObjectEncoder {
  /**
   * One event per record, in order, a slab full of them at a time.
   *
   * **Shape** Each event is one line of valid JSON whatever the record's bytes are: the layout's text is the record as it stood,
   * bytes that are not UTF-8 replaced by U+FFFD. What is encoded when is up to who takes it: nothing is encoded ahead.
   *
   * **Units** `readAt` is milliseconds since the epoch, and becomes `@timestamp`.
   */
  readonly encode: (batch: RecordBatch, readAt: number) => Generator<EncodedRecords, void>
}

/** Encodes events of one beat. */
export interface EventEncoder {
  /** The encoder of the object's records. */
  readonly forObject: (object: ObjectRef) => ObjectEncoder
  /**
   * Says that nobody looks at these events any more: their memory is written again. Events that are never released are
   * collected like anything else.
   */
  readonly release: (events: EventBatch) => void
}

/** An encoder that gives every event what the profile says. */
export const makeEventEncoder = (profile: EventProfile): EventEncoder => {
  const slabs = EventSlabs.make()
  return {
    forObject: (object) => {
      const template = makeEventTemplate(profile, object)
      return { encode: (batch, readAt) => encode(template, batch, readAt, slabs) }
    },
    release: slabs.giveBack
  }
}

/** A record longer than this is quoted in pieces, so that no string is ever larger. */
const PIECE_BYTES = 1024 * 1024

/** CloudTrail, full of quotes, grows by a seventh; plain lines hardly at all. */
const EXPECTED_GROWTH = 1.2

function* encode(
  template: EventTemplate,
  batch: RecordBatch,
  readAt: number,
  slabs: EventSlabs.EventSlabs
): Generator<EncodedRecords, void> {
  const { count, ends: recordEnds, objectOffset, starts, truncated } = batch
  const { afterId, beforeMessage, beforeTruncated, tail } = template
  const head = headAt(template, readAt)
  // What ends one event and begins the next is written at once.
  const between = Buffer.concat([tail, head])
  const fixed = between.length + afterId.length + beforeTruncated.length + tail.length + 2 * MAX_DIGITS
  const isValid = isWholeUtf8(batch)
  const isPlain = needsNoEscape(batch)
  const bytes = asBuffer(batch.bytes)

  for (let i = 0; i < count;) {
    const first = i
    const slab = slabFor(slabs, count - i, fixed, (recordEnds[count - 1] ?? 0) - (starts[i] ?? 0))
    const { ends } = slab
    let out = slab.bytes
    let at = 0
    for (; i < count && i - first < ends.length; i++) {
      let record = bytes
      let start = starts[i] ?? 0
      let end = recordEnds[i] ?? 0
      const offset = objectOffset + start
      if (!isValid && !isUtf8(record.subarray(start, end))) {
        record = withReplacements(record.subarray(start, end))
        start = 0
        end = record.length
      }
      const isWhole = end - start <= PIECE_BYTES
      const quoted = isPlain || !isWhole ? undefined : quote(record, start, end)
      const room = fixed + (quoted === undefined ? end - start + 2 : quoted.length)
      if (out.length - at < room) {
        if (i > first) break
        out = grow(out, at, room)
      }
      at = copyInto(out, at, i === first ? head : between)
      ends[i - first - 1] = at - head.length
      const digits = at
      at = digitsInto(out, at, offset, OFFSET_DIGITS)
      at = copyInto(out, at, afterId)
      at = withoutZeros(out, at, digits, at - afterId.length)
      at = copyInto(out, at, truncated?.has(i) === true ? beforeTruncated : beforeMessage)
      if (quoted !== undefined) {
        at += out.write(quoted, at, "latin1")
      } else if (isPlain) {
        out[at] = QUOTE
        at += 1 + record.copy(out, at + 1, start, end)
        out[at++] = QUOTE
      } else {
        for (let piece = start; piece < end; piece += PIECE_BYTES) {
          const quoted = quote(record, piece, Math.min(piece + PIECE_BYTES, end))
          // The pieces of one message share its quotes.
          const inside = piece === start ? quoted : quoted.slice(1)
          if (piece > start) at--
          if (out.length - at < inside.length + fixed) out = grow(out, at, inside.length + fixed)
          at += out.write(inside, at, "latin1")
        }
      }
    }
    at = copyInto(out, at, tail)
    ends[i - first - 1] = at
    yield {
      events: { bytes: out, count: i - first, ends },
      recordBytes: (recordEnds[i - 1] ?? 0) - (starts[first] ?? 0)
    }
  }
}

/** A slab, or less where that is enough for all. */
const slabFor = (
  slabs: EventSlabs.EventSlabs,
  count: number,
  fixed: number,
  recordBytes: number
): EventSlabs.EventSlab => {
  const expected = Math.ceil(recordBytes * EXPECTED_GROWTH) + (count + 1) * fixed
  return expected > EventSlabs.SLAB_BYTES / 2
    ? slabs.take()
    : { bytes: Buffer.allocUnsafe(expected), ends: new Uint32Array(count) }
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
