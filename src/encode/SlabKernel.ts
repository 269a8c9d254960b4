/**
 * The encoder's innermost loop in WebAssembly, which looks at sixteen bytes at a time.
 *
 * JavaScript can quote a record natively, but only by way of two strings: for CloudTrail the loop takes a fifth of the CPU, and leaves
 * nothing behind for the engine to collect.
 */
import { isAtEnd, type Place, type RecordBatch } from "../domain/RecordBatch.ts"
import { copyBytes } from "../domain/copyBytes.ts"
import { type EventSlab, SLAB_BYTES, SLAB_EVENTS } from "./EventSlabs.ts"
import { PAGE_BYTES, startKernel } from "../startKernel.ts"
import { type RecordBlock, recordBlock } from "./recordBlock.ts"
import { slabKernel } from "./slabKernel.wasm.ts"

/** The constant parts of an event, as `slabKernel.as` lays them out. */
export interface KernelTemplate {
  readonly head: string
  /** What ends an event, its closing quote included, and begins the next one. */
  readonly between: string
  readonly afterId: string
  /** Ends with the opening quote. */
  readonly before: string
}

/** The loop, with memory of its own, which other threads see: so events go from one to the other without a copy. */
export interface SlabKernel {
  readonly memory: ArrayBufferLike
  /** Slabs in its memory, where it writes; what it is to write to others is copied there. They are one memory, which is collected as a whole. */
  readonly slabs: ReadonlyArray<EventSlab>

  /**
   * Encodes the records behind `place` into the slab, behind the `used` events that stand there, as many as fit. Nothing when the next
   * one does not.
   *
   * **Shape** Records that are valid UTF-8, whole, at offsets below 10^12.
   */
  readonly fill: (
    batch: RecordBatch,
    place: Place,
    template: KernelTemplate,
    slab: EventSlab,
    used: number
  ) => Filled | undefined
}

/** Where the first record begins in the batch's bytes, and what is behind the last one, which ends there. */
export interface Filled {
  readonly start: number
  readonly next: Place
}

const KiB = 1024

/** The largest that each part of a template may be: a key has at most 1 KiB, but the user's own fields may have more. */
const PART_BYTES = 64 * KiB

/** A multiple of what most objects need at a time. One that never comes back is gone with all of them. */
const SLABS = 8

/** Left unused behind each area, because sixty-four bytes are read and written where fewer are meant. */
const SLACK_BYTES = 64

/** Starts the loop. Nothing where the engine has no WebAssembly, or none with SIMD. */
export const make = (): SlabKernel | undefined => {
  let used = PAGE_BYTES
  const area = (size: number) => {
    const start = used
    used += Math.ceil((size + SLACK_BYTES) / 16) * 16
    return start
  }
  const at = {
    head: area(PART_BYTES),
    between: area(2 * PART_BYTES),
    afterId: area(PART_BYTES),
    before: area(PART_BYTES),
    starts: area(4 * SLAB_EVENTS),
    ends: area(4 * SLAB_EVENTS),
    // An event is never smaller than its record.
    input: area(SLAB_BYTES),
    slabs: Array.from({ length: SLABS + 1 }, () => ({ bytes: area(SLAB_BYTES), ends: area(4 * SLAB_EVENTS) }))
  }
  const kernel = startKernel(slabKernel, ["fill", "markLines"], used, true)
  if (kernel === undefined) return undefined
  const { functions, memory } = kernel
  const bytes = Buffer.from(memory)
  const starts = new Uint32Array(memory, at.starts, SLAB_EVENTS)
  const ends = new Uint32Array(memory, at.ends, SLAB_EVENTS)
  const [between, ...slabs] = at.slabs.map((slab): EventSlab => ({
    bytes: Buffer.from(memory, slab.bytes, SLAB_BYTES),
    ends: new Uint32Array(memory, slab.ends, SLAB_EVENTS)
  }))

  /** The template that lies in memory, and the bytes of its parts. */
  let present: KernelTemplate | undefined
  let lengths = { head: 0, between: 0, afterId: 0, before: 0 }
  const bringTemplate = (template: KernelTemplate) => {
    if (present === template) return
    present = template
    lengths = {
      head: bytes.write(template.head, at.head),
      between: bytes.write(template.between, at.between),
      afterId: bytes.write(template.afterId, at.afterId),
      before: bytes.write(template.before, at.before)
    }
  }

  /** Brings the records of a block in, marked, and answers how many they are. */
  const bringRecords = (batch: RecordBatch, first: number, block: RecordBlock, capacity: number): number => {
    const { count, end, start } = block
    copyBytes(batch.bytes.subarray(start, end), bytes, at.input)
    if (count === undefined) return functions.markLines(at.input, end - start, at.starts, at.ends, capacity)
    starts.set(batch.starts.subarray(first, first + count))
    ends.set(batch.ends.subarray(first, first + count))
    return count
  }

  return {
    memory,
    slabs,
    fill: (batch, place, template, slab, used) => {
      const out = slab.bytes.buffer === memory ? slab : between
      if (!isSmall(template) || out === undefined) return undefined
      bringTemplate(template)
      const begin = endOf(slab, used)
      let end = begin
      let filled: Filled | undefined
      let next = place
      for (let count = used; count < SLAB_EVENTS && !isAtEnd(batch, next);) {
        const block = recordBlock(batch, next, SLAB_EVENTS - count)
        if (block.end - block.start > SLAB_BYTES) break
        const marked = bringRecords(batch, next.count, block, SLAB_EVENTS - count)
        const offset = batch.objectOffset + block.start
        const done = functions.fill(
          at.input,
          at.starts,
          at.ends,
          marked,
          Math.floor(offset / 2 ** 32),
          offset % 2 ** 32,
          at.head,
          lengths.head,
          at.between,
          lengths.between,
          at.afterId,
          lengths.afterId,
          at.before,
          lengths.before,
          out.bytes.byteOffset,
          end,
          out.ends.byteOffset + 4 * count,
          SLAB_BYTES
        )
        if (done === 0) break
        next = { count: next.count + done, at: block.start + (ends[done - 1] ?? 0) - (starts[0] ?? 0) }
        filled = { start: filled?.start ?? block.start, next }
        count += done
        end = endOf(out, count)
        if (done < marked) break
      }
      if (out !== slab) {
        out.bytes.copy(slab.bytes, begin, begin, end)
        slab.ends.set(out.ends.subarray(used, used + next.count - place.count), used)
      }
      return filled
    }
  }
}

/** Where so many events end. */
const endOf = ({ ends }: EventSlab, count: number): number => (count === 0 ? 0 : (ends[count - 1] ?? 0))

const isSmall = ({ afterId, before, between, head }: KernelTemplate): boolean =>
  MAX_GROWTH * Math.max(head.length, between.length / 2, afterId.length, before.length) <= PART_BYTES

/** Bytes of UTF-8 that one unit of a text may become. */
const MAX_GROWTH = 3
