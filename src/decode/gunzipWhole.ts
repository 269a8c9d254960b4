/**
 * Decompresses a small object at once.
 */
import { gunzipSync } from "node:zlib"
import { Predicate } from "effect"

/** Objects that are larger as stored are decompressed piece by piece, on zlib's own threads. */
export const SMALL_BYTES = 128 * 1024

/** Nor is more than this decompressed at once. */
const MAX_BYTES = 2 * 1024 * 1024

/**
 * The decompressed bytes of a whole gzip object, if it is one that leaves nothing to be said: undamaged, with nothing behind it,
 * of no more than 2 MiB. Anything else is for `inflate` to look at closely.
 *
 * A stream of zlib's costs more than all the rest of the work on an object of a few events, by far the most that accounts have.
 */
export const gunzipWhole = (bytes: Uint8Array): Uint8Array | undefined => {
  try {
    return consumed(
      gunzipSync(bytes, { maxOutputLength: MAX_BYTES, chunkSize: roomFor(bytes), info: true }),
      bytes.length
    )
  } catch {
    return undefined
  }
}

/**
 * What the last member says of its size, and a byte, so that zlib sees at once that this is all. It may be wrong.
 *
 * **Source** RFC 1952 2.3.1: ISIZE, the size modulo 2^32.
 */
const roomFor = (bytes: Uint8Array): number => {
  const { byteLength, byteOffset, buffer } = bytes
  const size =
    byteLength < SIZE_BYTES ? 0 : new DataView(buffer, byteOffset + byteLength - SIZE_BYTES).getUint32(0, true)
  return Math.min(Math.max(size + 1, MIN_ROOM), MAX_BYTES)
}

const SIZE_BYTES = 4

/** As zlib demands. */
const MIN_ROOM = 64

/** The output, when it took all of the input: with `info` Node answers more than its types tell. */
const consumed = (answer: unknown, length: number): Uint8Array | undefined =>
  Predicate.hasProperty(answer, "engine") &&
  Predicate.hasProperty(answer.engine, "bytesWritten") &&
  answer.engine.bytesWritten === length &&
  Predicate.hasProperty(answer, "buffer") &&
  answer.buffer instanceof Uint8Array
    ? answer.buffer
    : undefined
