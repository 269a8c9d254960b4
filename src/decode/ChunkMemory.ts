/**
 * The memory of decompressed chunks, freed as soon as they are done with.
 */
import { freeMemory } from "../domain/freeMemory.ts"

/** The chunks of one object. */
export interface ChunkMemory {
  /** Nobody looks at the memory in which this chunk lies but through chunks of this object. Answers the chunk. */
  readonly own: (chunk: Uint8Array) => Uint8Array
  /** The same of memory to which more may be written, behind the chunk, until a chunk of other memory comes. */
  readonly ownGrowing: (chunk: Uint8Array) => Uint8Array
  /**
   * Nobody looks at the chunk any more; `next` is the one that came behind it, if any. Its memory is freed if it is owned, the next chunk
   * does not lie in it as well, and nothing more is written there.
   */
  readonly free: (chunk: Uint8Array, next?: Uint8Array) => void
}

/** Nothing is owned yet. */
export const make = (): ChunkMemory => {
  const owned = new WeakSet<ArrayBufferLike>()
  let growing: ArrayBufferLike | undefined

  const own = (chunk: Uint8Array) => {
    owned.add(chunk.buffer)
    return chunk
  }

  return {
    own,
    ownGrowing: (chunk) => {
      growing = chunk.buffer
      return own(chunk)
    },
    free: (chunk, next) => {
      const { buffer } = chunk
      // The next chunk may be a copy of several small ones, of which the first lies here.
      const isInUse = next !== undefined && (buffer === next.buffer || buffer === growing)
      if (!isInUse && owned.has(buffer)) freeMemory(chunk)
    }
  }
}
