/**
 * The memory of decompressed chunks, freed as soon as they are done with.
 */
import { freeMemory } from "../domain/freeMemory.ts"

/** The chunks of one object. */
export interface ChunkMemory {
  /** Nobody else has a hand on the memory in which this chunk lies. Answers the chunk. */
  readonly own: (chunk: Uint8Array) => Uint8Array
  /**
   * Nobody looks at the chunk any more; `next` is the one that came behind it, if any. Its memory is freed, if it is owned and
   * the next chunk does not lie in it as well.
   */
  readonly free: (chunk: Uint8Array, next?: Uint8Array) => void
}

/** Nothing is owned yet. */
export const make = (): ChunkMemory => {
  const owned = new WeakSet<ArrayBufferLike>()
  return {
    own: (chunk) => {
      owned.add(chunk.buffer)
      return chunk
    },
    free: (chunk, next) => {
      if (chunk.buffer !== next?.buffer && owned.has(chunk.buffer)) freeMemory(chunk)
    }
  }
}
