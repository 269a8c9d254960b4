import { isMarkedAsUntransferable } from "node:worker_threads"

/**
 * Frees the memory in which the bytes lie, now. Only for memory that nobody else has a hand on: every view of it is empty from
 * then on. Small buffers lie in memory that Node shares out, and marks; that stays.
 *
 * Memory for bytes lies outside the engine's heap. The engine collects its whole heap for every 64 MB of it that are new, and
 * until then whatever is done with stays; a gigabyte of log takes gigabytes.
 */
export const freeMemory = ({ buffer }: Uint8Array): void => {
  // Moves nothing: the memory is let go of, and what comes back is empty.
  if (buffer instanceof ArrayBuffer && !buffer.detached && !isMarkedAsUntransferable(buffer)) buffer.transfer(0)
}
