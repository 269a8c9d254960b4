/**
 * From the bytes as they are stored to the bytes of the log, within limits.
 */
import { Effect, type Scope } from "effect"
import type { ChunkMemory } from "./ChunkMemory.ts"
import type { ChunkPull } from "./chunks.ts"
import { DecodeError, ObjectTooLarge } from "./Decoder.ts"
import { inflate } from "./inflate.ts"
import type { InflateKernel } from "./InflateKernel.ts"

/** How far an object may expand. */
export interface DecompressOptions {
  /** Decompressed bytes of one object. */
  readonly maxObjectBytes: number
  /** Decompressed bytes for each stored byte read so far; not looked at in the first MiB. */
  readonly maxExpansionRatio: number
  /** The object's size in bytes as stored, where it is known: a small object gets a small buffer. */
  readonly sizeHint?: number | undefined
  /** Decompresses what is small, one for all objects of a thread; without it that takes half as long again. */
  readonly inflateKernel?: InflateKernel | undefined
}

/**
 * The decompressed bytes of an object that is stored as gzip, as zstd or plain. See `inflate` for what that takes in.
 *
 * **Shape** Chunks of up to 1 MiB, none empty, and owned by `memory`; of a plain object, the chunks as they come. An empty body has no
 * chunks. The decompressor is freed with the scope.
 *
 * **Errors** `ObjectTooLarge` as soon as a limit is passed, before what lies beyond it is decompressed; `ObjectCorrupt` as
 * `inflate` says.
 */
export const decompress = <E>(
  pull: ChunkPull<E>,
  scope: Scope.Scope,
  options: DecompressOptions,
  memory: ChunkMemory
): ChunkPull<E | DecodeError> => {
  let storedBytes = 0
  let logBytes = 0

  const count = (chunk: Uint8Array) => {
    storedBytes += chunk.length
    return chunk
  }

  const admit = (chunk: Uint8Array) => {
    logBytes += chunk.length
    const detail = excessOf(logBytes, storedBytes, options)
    return detail === undefined
      ? Effect.succeed(chunk)
      : Effect.fail(new DecodeError({ reason: new ObjectTooLarge({ detail }) }))
  }

  const inflated = inflate(Effect.map(pull, count), scope, chunkSizeFor(options.sizeHint), memory)
  return Effect.flatMap(inflated, admit)
}

/** Which limit an object is over of which so many bytes were read, and became so many of the log; undefined when it is over none. */
export const excessOf = (
  logBytes: number,
  storedBytes: number,
  { maxExpansionRatio, maxObjectBytes }: DecompressOptions
): string | undefined => {
  if (logBytes > maxObjectBytes) return `it holds more than the limit of ${maxObjectBytes} bytes`
  return logBytes > RATIO_FREE_BYTES && logBytes > maxExpansionRatio * storedBytes
    ? `its first ${storedBytes} bytes expand to ${logBytes} and more, beyond the limit of ${maxExpansionRatio} times`
    : undefined
}

/** Small objects expand by any ratio and do no harm. */
const RATIO_FREE_BYTES = 1024 * 1024

/** Measured: with 1 MiB a time, gunzip takes a quarter of the CPU that it takes with zlib's default of 16 KiB. */
const MAX_CHUNK_BYTES = 1024 * 1024
const MIN_CHUNK_BYTES = 16 * 1024

/** Logs shrink about ten times; an object that shrank more takes a second chunk. */
const EXPECTED_RATIO = 16

const chunkSizeFor = (storedBytes = MAX_CHUNK_BYTES): number =>
  Math.min(Math.max(EXPECTED_RATIO * storedBytes, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES)
