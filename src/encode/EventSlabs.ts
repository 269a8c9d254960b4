/**
 * The memory that events are encoded into, used again and again: the engine collects its whole heap after every 64 MB of new
 * buffers, and a gigabyte of log makes several of events.
 */

import { freeMemory } from "../domain/freeMemory.ts"

/** Room for events: their bytes, and where each ends. */
export interface EventSlab {
  readonly bytes: Buffer
  readonly ends: Uint32Array
}

/** Slabs that are free. Plain state, owned by one encoder. */
export interface EventSlabs {
  /** A slab of `SLAB_BYTES` and `SLAB_EVENTS`; what stands in it is garbage. */
  readonly take: () => EventSlab
  /** Nobody looks at the slab any more. Other memory than a slab's is freed. */
  readonly giveBack: (slab: { readonly bytes: Uint8Array; readonly ends: Uint32Array }) => void
}

/** **Units** Bytes. */
export const SLAB_BYTES = 2 * 1024 * 1024

/** An event has some hundred bytes of its own, so a slab is full of bytes first. */
export const SLAB_EVENTS = 4096

/** More than are on their way to an output at a time are seldom free. */
const KEPT_SLABS = 128

/**
 * Whenever none is free, `more` are taken, which are a kernel's; beyond as many as are kept, and where there is no kernel, each is
 * memory of its own.
 */
export const make = (more: () => ReadonlyArray<EventSlab>): EventSlabs => {
  const free: Array<EventSlab> = []
  let taken = 0

  const refill = () => {
    const slabs = more()
    taken += slabs.length
    free.push(...slabs.toReversed())
  }

  return {
    take: () => {
      if (free.length === 0 && taken < KEPT_SLABS) refill()
      return free.pop() ?? { bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), ends: new Uint32Array(SLAB_EVENTS) }
    },
    giveBack: ({ bytes, ends }) => {
      if (bytes.length !== SLAB_BYTES || ends.length !== SLAB_EVENTS) return freeMemory(bytes)
      if (free.length < KEPT_SLABS)
        free.push({ bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), ends })
    }
  }
}
