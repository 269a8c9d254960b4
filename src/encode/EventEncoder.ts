/**
 * Records to events: one pass over the bytes, straight into the slab that the output ships.
 */
import { isUtf8 } from "node:buffer"
import type { EventBatch } from "../domain/EventBatch.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { beginning, isAtEnd, type Place, type RecordBatch } from "../domain/RecordBatch.ts"
import { OFFSET_DIGITS } from "./eventId.ts"
import { type EventProfile, type EventTemplate, makeEventTemplates } from "./eventTemplate.ts"
import * as EventSlabs from "./EventSlabs.ts"
import { copyInto, digitsInto, MAX_DIGITS, quote } from "./jsonString.ts"
import * as SlabKernel from "./SlabKernel.ts"

export type { EventLayout, EventProfile } from "./eventTemplate.ts"

/** Some events, and how many bytes the records had that they were made of. */
export interface EncodedRecords {
  readonly events: EventBatch
  readonly recordBytes: number
}

/**
 * Encodes the records of one object.
 *
 * **Shape** A batch after the other, in order, and `flush` behind the last one. Each event is one line of valid JSON whatever the
 * record's bytes are: the layout's text is the record as it stood, bytes that are not UTF-8 replaced by U+FFFD.
 *
 * A slab that the records of a batch do not fill waits for those of the next: whatever follows costs by the slab, and batches seldom end
 * where one is full.
 */
export interface ObjectEncoder {
  /**
   * One event per record, in order, handed on a slab full of them at a time. What is encoded when is up to who takes it: nothing is
   * encoded ahead. Nothing of the batch is kept when all is taken.
   *
   * **Units** `readAt` is milliseconds since the epoch, and becomes `@timestamp`.
   */
  readonly encode: (batch: RecordBatch, readAt: number) => Generator<EncodedRecords, void>
  /** Hands on what waits, if anything does. */
  readonly flush: () => EncodedRecords | undefined
  /** Gives up what waits: whoever does not flush must do this. */
  readonly discard: () => void
}

/** Encodes a batch that no other follows. */
export function* encodeOnly(
  encoder: ObjectEncoder,
  batch: RecordBatch,
  readAt: number
): Generator<EncodedRecords, void> {
  yield* encoder.encode(batch, readAt)
  const rest = encoder.flush()
  if (rest !== undefined) yield rest
}

/** Encodes events of one beat. */
export interface EventEncoder {
  /** The encoder of the object's records. */
  readonly forObject: (object: ObjectRef) => ObjectEncoder
  /**
   * Says that nobody looks at these events any more: their memory is written again. Events that are never released cost their slab,
   * one of the kernel's few or one that is collected like anything else.
   */
  readonly release: (events: EventBatch) => void
}

/** An encoder that gives every event what the profile says. */
export const makeEventEncoder = (profile: EventProfile): EventEncoder => {
  const workplace = makeWorkplace()
  const templateOf = makeEventTemplates(profile)
  return {
    forObject: (object) => new SlabbedEncoder(templateOf(object), workplace),
    release: workplace.slabs.giveBack
  }
}

/** A record longer than this is quoted in pieces, so that no string is ever larger. */
const PIECE_BYTES = 1024 * 1024

/** A slab that is not full yet, how many events stand in it, and how many bytes the records had that they were made of. */
interface OpenSlab {
  readonly slab: EventSlabs.EventSlab
  readonly count: number
  readonly recordBytes: number
}

/** A class, so that its functions are made once: a generator of its own costs an object of one record some microseconds. */
class SlabbedEncoder implements ObjectEncoder {
  private readonly template: EventTemplate
  private readonly workplace: Workplace
  private open: OpenSlab | undefined

  constructor(template: EventTemplate, workplace: Workplace) {
    this.template = template
    this.workplace = workplace
  }

  *encode(batch: RecordBatch, readAt: number): Generator<EncodedRecords, void> {
    const { template, workplace } = this
    const isValid = isWholeUtf8(batch)
    const head = template.head + workplace.timestamp(readAt) + template.afterTimestamp
    const forKernel = kernelTemplate(template, head)
    const isForKernel = isValid && batch.objectOffset < MAX_KERNEL_OFFSET

    for (let place = beginning; ;) {
      if (isForKernel) place = this.fill(batch, place, forKernel)
      if (isAtEnd(batch, place)) return
      const full = this.flush()
      if (full === undefined) {
        // Not even an empty slab takes the next record, or it is nothing for the kernel.
        const { events, next, recordBytes } = encodeSlowly({ ...template, head }, batch, place.count, isValid)
        yield { events, recordBytes }
        place = next
      } else {
        yield full
      }
    }
  }

  flush(): EncodedRecords | undefined {
    if (this.open === undefined) return undefined
    const { count, recordBytes, slab } = this.open
    this.open = undefined
    const events = eventsIn(slab, count, this.workplace.slabs)
    return events === undefined ? undefined : { events, recordBytes }
  }

  discard(): void {
    if (this.open !== undefined) this.workplace.slabs.giveBack(this.open.slab)
    this.open = undefined
  }

  /** Encodes the records behind the place into the slab that is open, and answers how far it came. */
  private fill(batch: RecordBatch, place: Place, template: SlabKernel.KernelTemplate): Place {
    const { count, recordBytes, slab } = (this.open ??= { slab: this.workplace.slabs.take(), count: 0, recordBytes: 0 })
    const filled = this.workplace.kernelOf(slab)?.fill(batch, place, template, slab, count)
    if (filled === undefined) return place
    const { next, start } = filled
    this.open = { slab, count: count + next.count - place.count, recordBytes: recordBytes + next.at - start }
    return next
  }
}

/** What all objects of a beat share. */
interface Workplace {
  readonly slabs: EventSlabs.EventSlabs
  /** The kernel in whose memory the slab is, or one that has a copy to make; none where there is no WebAssembly. */
  readonly kernelOf: (slab: EventSlabs.EventSlab) => SlabKernel.SlabKernel | undefined
  readonly timestamp: (at: number) => string
}

/** Kernels are added as slabs are needed: a thread that has few of them on their way does not pay for the memory of many. */
const makeWorkplace = (): Workplace => {
  const kernels: Array<SlabKernel.SlabKernel> = []
  const more = () => {
    const kernel = SlabKernel.make()
    if (kernel === undefined) return []
    kernels.push(kernel)
    return kernel.slabs
  }
  return {
    slabs: EventSlabs.make(more),
    kernelOf: ({ bytes }) => kernels.find(({ memory }) => memory === bytes.buffer) ?? kernels[0],
    timestamp: makeTimestamp()
  }
}

/** The kernel writes offsets in twelve digits; a batch is far smaller than what is left below that. */
const MAX_KERNEL_OFFSET = 10 ** 12 - 2 ** 32

/** As ISO 8601 has a time; small objects come several in a millisecond. */
const makeTimestamp = () => {
  let [last, text] = [Number.NaN, ""]
  return (at: number): string => {
    if (at !== last) [last, text] = [at, new Date(at).toISOString()]
    return text
  }
}

const kernelTemplate = ({ afterId, beforeMessage, tail }: EventTemplate, head: string): SlabKernel.KernelTemplate => ({
  head,
  between: `"${tail}${head}`,
  afterId,
  before: `${beforeMessage}"`
})

/** So many events of the slab: in it, or in less memory where that is enough; nothing where there are none. */
const eventsIn = (slab: EventSlabs.EventSlab, count: number, slabs: EventSlabs.EventSlabs): EventBatch | undefined => {
  const size = count === 0 ? 0 : (slab.ends[count - 1] ?? 0)
  if (size > EventSlabs.SLAB_BYTES / 2) return { ...slab, count }
  const events = count === 0 ? undefined : { bytes: copyOf(slab.bytes, size), ends: slab.ends.slice(0, count), count }
  slabs.giveBack(slab)
  return events
}

const copyOf = (bytes: Buffer, length: number): Buffer => {
  const copy = Buffer.allocUnsafe(length)
  bytes.copy(copy, 0, 0, length)
  return copy
}

/**
 * The same in JavaScript, for what the kernel does not take: broken UTF-8, records that were cut at the limit, records that are
 * larger than a slab; and where there is no kernel. It goes on until there is as much as in a slab.
 */
const encodeSlowly = (
  template: EventTemplate,
  { bytes, count, ends: recordEnds, objectOffset, starts, truncated }: RecordBatch,
  from: number,
  isValid: boolean
): EncodedRecords & { readonly next: Place } => {
  const head = Buffer.from(template.head)
  const afterId = Buffer.from(template.afterId)
  const flags = Buffer.from(template.flags)
  const beforeMessage = Buffer.from(template.beforeMessage)
  const tail = Buffer.from(template.tail)
  const fixed = head.length + afterId.length + flags.length + beforeMessage.length + tail.length + 2 * MAX_DIGITS
  const ends: Array<number> = []
  let out: Buffer = Buffer.allocUnsafe(fixed)
  let at = 0
  const makeRoom = (room: number) => {
    if (out.length - at < room) out = grow(out, at, room)
  }

  for (let i = from; i < count && at < EventSlabs.SLAB_BYTES / 2; i++) {
    const start = starts[i] ?? 0
    const offset = objectOffset + start
    const stored = asBuffer(bytes).subarray(start, recordEnds[i])
    const record = isValid || isUtf8(stored) ? stored : withReplacements(stored)
    makeRoom(fixed)
    at = copyInto(out, at, head)
    at = digitsInto(out, at, offset, OFFSET_DIGITS)
    at = copyInto(out, at, afterId)
    at = digitsInto(out, at, offset, 1)
    if (truncated?.has(i) === true) at = copyInto(out, at, flags)
    at = copyInto(out, at, beforeMessage)
    for (let piece = 0; ; piece += PIECE_BYTES) {
      const quoted = quote(record, piece, Math.min(piece + PIECE_BYTES, record.length))
      // The pieces of one message share its quotes.
      const inside = piece === 0 ? quoted : quoted.slice(1)
      makeRoom(inside.length + tail.length)
      at += out.write(inside, at, "latin1")
      if (piece + PIECE_BYTES >= record.length) break
      at--
    }
    at = copyInto(out, at, tail)
    ends.push(at)
  }
  const events = { bytes: out, count: ends.length, ends: Uint32Array.from(ends) }
  const next = { count: from + ends.length, at: recordEnds[from + ends.length - 1] ?? 0 }
  return { events, recordBytes: next.at - (starts[from] ?? 0), next }
}

/**
 * One native check for the whole slab. A slab that is valid as a whole may still hold a record that was cut within a
 * character, so a batch with truncated records is checked record by record.
 */
const isWholeUtf8 = (batch: RecordBatch): boolean => {
  if (batch.areLines === true) return isUtf8(batch.bytes)
  const { bytes, count, ends, starts, truncated } = batch
  return count > 0 && truncated === undefined && isUtf8(bytes.subarray(starts[0], ends[count - 1]))
}

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
