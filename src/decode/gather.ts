import { Stream } from "effect"

/**
 * The same bytes in chunks of at least `minBytes`, but for the last one: whatever follows costs by the chunk, and sockets bring
 * small ones.
 *
 * **Guarantee** A chunk that is large enough is handed on as it is; only smaller ones are copied together. No chunk is empty.
 */
export const gather = <E, R>(
  self: Stream.Stream<Uint8Array, E, R>,
  minBytes: number
): Stream.Stream<Uint8Array, E, R> =>
  Stream.mapAccum(
    self,
    (): Gathered => ({ chunks: [], size: 0 }),
    (gathered, chunk) => {
      gathered.chunks.push(chunk)
      gathered.size += chunk.length
      return [gathered, gathered.size < minBytes ? [] : release(gathered)]
    },
    { onHalt: release }
  )

interface Gathered {
  chunks: Array<Uint8Array>
  size: number
}

const release = (gathered: Gathered): ReadonlyArray<Uint8Array> => {
  const { chunks, size } = gathered
  gathered.chunks = []
  gathered.size = 0
  if (size === 0) return []
  return chunks.length === 1 ? chunks : [Buffer.concat(chunks, size)]
}
