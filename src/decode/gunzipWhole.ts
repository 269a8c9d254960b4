/**
 * Decompresses a small object at once.
 */
import { crc32, gunzipSync } from "node:zlib"
import { Predicate } from "effect"
import * as InflateKernel from "./InflateKernel.ts"

/** Objects that are larger as stored are decompressed piece by piece, on zlib's own threads. */
export const SMALL_BYTES = 128 * 1024

/** Nor is more than this decompressed at once. */
const MAX_BYTES = 2 * 1024 * 1024

/**
 * The decompressed bytes of a whole gzip object, if it is one that leaves nothing to be said: undamaged, with nothing behind it,
 * of no more than 2 MiB. Anything else is for `inflate` to look at closely. `kernel`, where there is one, takes what is smallest.
 *
 * A stream of zlib's costs more than all the rest of the work on an object of a few events, by far the most that accounts have.
 */
export const gunzipWhole = (bytes: Uint8Array, kernel?: InflateKernel.InflateKernel): Uint8Array | undefined => {
  const size = sizeOf(bytes)
  return (kernel && inflatedBy(kernel, bytes, size)) ?? inflatedByZlib(bytes, size)
}

/**
 * What the last member says of its size, which may be wrong.
 *
 * **Source** RFC 1952 2.3.1: ISIZE, the size modulo 2^32.
 */
const sizeOf = (bytes: Uint8Array): number => (bytes.length < TRAILER_BYTES ? 0 : uint32At(bytes, bytes.length - 4))

const uint32At = ({ buffer, byteOffset, byteLength }: Uint8Array, at: number): number =>
  new DataView(buffer, byteOffset, byteLength).getUint32(at, true)

/** CRC32 and ISIZE. */
const TRAILER_BYTES = 8

/** Of a header without anything that is optional, as nearly all are. */
const HEADER_BYTES = 10

/** **Source** RFC 1952 2.3: CM and FLG. */
const [METHOD_AT, DEFLATE, FLAGS_AT, NO_FLAGS] = [2, 8, 3, 0]

const inflatedBy = (kernel: InflateKernel.InflateKernel, bytes: Uint8Array, size: number): Uint8Array | undefined => {
  const { length } = bytes
  if (Math.max(length, size) > InflateKernel.MAX_BYTES || length < HEADER_BYTES + TRAILER_BYTES) return undefined
  if (bytes[METHOD_AT] !== DEFLATE || bytes[FLAGS_AT] !== NO_FLAGS) return undefined
  const log = kernel(bytes.subarray(HEADER_BYTES, length - TRAILER_BYTES), size)
  return log !== undefined && crc32(log) === uint32At(bytes, length - TRAILER_BYTES) ? log : undefined
}

const inflatedByZlib = (bytes: Uint8Array, size: number): Uint8Array | undefined => {
  // A byte more, so that zlib sees at once that this is all.
  const chunkSize = Math.min(Math.max(size + 1, MIN_ROOM), MAX_BYTES)
  try {
    return consumed(gunzipSync(bytes, { maxOutputLength: MAX_BYTES, chunkSize, info: true }), bytes.length)
  } catch {
    return undefined
  }
}

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
