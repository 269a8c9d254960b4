/**
 * The encoder's innermost loop in WebAssembly, which looks at sixteen bytes at a time.
 *
 * JavaScript can quote a record natively, but only by way of two strings: for CloudTrail the loop takes a fifth of the CPU, and leaves
 * nothing behind for the engine to collect.
 */
import type { RecordBatch } from "../domain/RecordBatch.ts"
import { type EventSlab, SLAB_BYTES, SLAB_EVENTS } from "./EventSlabs.ts"
import { PAGE_BYTES, startKernel } from "../startKernel.ts"
import { slabKernel } from "./slabKernel.wasm.ts"

/** The constant bytes of an event, as `slabKernel.as` lays them out. */
export interface KernelTemplate {
  readonly head: Uint8Array
  /** What ends an event, its closing quote included, and begins the next one. */
  readonly between: Uint8Array
  readonly afterId: Uint8Array
  /** Ends with the opening quote. */
  readonly before: Uint8Array
}

/** The loop, with memory of its own. */
export interface SlabKernel {
  readonly memory: ArrayBuffer
  /** Slabs in its memory, where it writes; what it is to write to others is copied there. They are one memory, which is collected as a whole. */
  readonly slabs: ReadonlyArray<EventSlab>

  /**
   * Encodes records from `from` on into the slab, as many as fit, and answers how many: none when the next one is too large for it.
   *
   * **Shape** Records that are valid UTF-8, whole, at offsets below 10^12.
   */
  readonly fill: (batch: RecordBatch, from: number, template: KernelTemplate, slab: EventSlab) => number
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
  const kernel = startKernel(slabKernel, "fill", used)
  if (kernel === undefined) return undefined
  const { memory, run } = kernel
  const bytes = new Uint8Array(memory)
  const starts = new Uint32Array(memory, at.starts, SLAB_EVENTS)
  const ends = new Uint32Array(memory, at.ends, SLAB_EVENTS)
  const [between, ...slabs] = at.slabs.map((slab): EventSlab => ({
    bytes: Buffer.from(memory, slab.bytes, SLAB_BYTES),
    ends: new Uint32Array(memory, slab.ends, SLAB_EVENTS)
  }))

  /** The template that lies in memory. */
  let present: KernelTemplate | undefined

  return {
    memory,
    slabs,
    fill: (batch, from, template, slab) => {
      const start = batch.starts[from] ?? 0
      const to = lastInReach(batch, from, template)
      const out = slab.bytes.buffer === memory ? slab : between
      if (to === from || !isSmall(template) || out === undefined) return 0
      if (present !== template) {
        bytes.set(template.head, at.head)
        bytes.set(template.between, at.between)
        bytes.set(template.afterId, at.afterId)
        bytes.set(template.before, at.before)
      }
      present = template
      bytes.set(batch.bytes.subarray(start, batch.ends[to - 1]), at.input)
      starts.set(batch.starts.subarray(from, to))
      ends.set(batch.ends.subarray(from, to))
      const offset = batch.objectOffset + start
      const count = run(
        at.input,
        at.starts,
        at.ends,
        to - from,
        Math.floor(offset / 2 ** 32),
        offset % 2 ** 32,
        at.head,
        template.head.length,
        at.between,
        template.between.length,
        at.afterId,
        template.afterId.length,
        at.before,
        template.before.length,
        out.bytes.byteOffset,
        out.ends.byteOffset,
        SLAB_BYTES
      )
      if (out !== slab && count > 0) {
        slab.bytes.set(out.bytes.subarray(0, out.ends[count - 1]))
        slab.ends.set(out.ends.subarray(0, count))
      }
      return count
    }
  }
}

/** Behind the last record that may fit into a slab: more of them would be copied in for nothing. */
const lastInReach = ({ count, ends, starts }: RecordBatch, from: number, template: KernelTemplate): number => {
  const { afterId, before, between } = template
  const fixed = between.length + afterId.length + before.length
  const start = starts[from] ?? 0
  let [inReach, beyond] = [from, Math.min(count, from + SLAB_EVENTS) + 1]
  while (beyond - inReach > 1) {
    const to = (inReach + beyond) >>> 1
    const bytes = (ends[to - 1] ?? 0) - start
    if (bytes + (to - from - 1) * fixed <= SLAB_BYTES) inReach = to
    else beyond = to
  }
  return inReach
}

const isSmall = ({ afterId, before, between, head }: KernelTemplate): boolean =>
  Math.max(head.length, between.length / 2, afterId.length, before.length) <= PART_BYTES
