import { Cause, Effect, Pull } from "effect"
import type { ChunkMemory } from "./ChunkMemory.ts"
import type { ChunkPull } from "./chunks.ts"

/**
 * The same bytes in chunks of at least `minBytes`, but for the last one: whatever follows costs by the chunk, and sockets bring
 * small ones.
 *
 * **Guarantee** A chunk that is large enough is handed on as it is; only smaller ones are copied together, into memory that is
 * owned then.
 */
export const gather = <E>(pull: ChunkPull<E>, minBytes: number, memory: ChunkMemory): ChunkPull<E> => {
  let chunks: Array<Uint8Array> = []
  let size = 0
  let isAtEnd = false

  const release = (): Uint8Array => {
    const [first = nothing] = chunks
    const gathered = chunks.length === 1 ? first : memory.own(Buffer.concat(chunks, size))
    chunks = []
    size = 0
    return gathered
  }

  const fill: ChunkPull<E> = Effect.flatMap(pull, (chunk) => {
    chunks.push(chunk)
    size += chunk.length
    return size < minBytes ? fill : Effect.succeed(release())
  })
  const last = () => {
    isAtEnd = true
    return size === 0 ? Cause.done() : Effect.succeed(release())
  }
  const filled = Pull.catchDone(fill, last)
  const next: ChunkPull<E> = Effect.suspend(() => (isAtEnd ? Cause.done() : filled))
  return next
}

const nothing: Uint8Array = new Uint8Array(0)
