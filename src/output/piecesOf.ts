/**
 * What is written to a file at a time: each write is a trip to another thread and back.
 */
import { copyBytes } from "../domain/copyBytes.ts"
import { type EventBatch, ndjson } from "../domain/EventBatch.ts"

/**
 * No write is larger, and one slab of events is one. Measured: a kernel that is given two MiB at a time looks for pages of that size, which
 * are scarce, and takes up to four times as long; given a byte less, it does not.
 */
export const PIECE_BYTES = 2 * 1024 * 1024 - 1

/** From here on a batch is worth a write of its own, and is not copied. */
export const LARGE_BYTES = 256 * 1024

/**
 * The batches as NDJSON, in their order, in pieces of at most `PIECE_BYTES`: large batches as they are, small ones copied together.
 *
 * **Shape** `room` has `PIECE_BYTES`; a piece that lies in it is good until the next one is asked for.
 */
export function* piecesOf(batches: ReadonlyArray<EventBatch>, room: Buffer): Generator<Uint8Array> {
  let filled = 0
  for (const batch of batches) {
    const lines = ndjson(batch)
    const isLarge = lines.length >= LARGE_BYTES
    if (filled > 0 && (isLarge || filled + lines.length > room.length)) {
      yield room.subarray(0, filled)
      filled = 0
    }
    if (isLarge) {
      for (let at = 0; at < lines.length; at += PIECE_BYTES) yield lines.subarray(at, at + PIECE_BYTES)
    } else {
      copyBytes(lines, room, filled)
      filled += lines.length
    }
  }
  if (filled > 0) yield room.subarray(0, filled)
}
