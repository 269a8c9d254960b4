/**
 * What is written to a file at a time: each write is a trip to another thread and back.
 */
import { copyBytes } from "../domain/copyBytes.ts"
import { type EventBatch, ndjson } from "../domain/EventBatch.ts"

/**
 * No write is larger. Measured: a kernel that is given two MiB looks for pages of that size, which are scarce, and takes two to four
 * times as long.
 */
export const PIECE_BYTES = 1024 * 1024

/** From here on a batch is worth a write of its own, and is not copied. */
const LARGE_BYTES = PIECE_BYTES / 4

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
