/**
 * Decompresses what is compressed.
 */
import { Cause, Effect, Pull, Scope } from "effect"
import type { ChunkMemory } from "./ChunkMemory.ts"
import type { ChunkPull } from "./chunks.ts"
import { corrupt } from "./corrupt.ts"
import type { DecodeError } from "./Decoder.ts"
import { type Format, formatOf, MAGIC_BYTES } from "./formatOf.ts"
import * as Inflater from "./Inflater.ts"

/**
 * Decompresses gzip (one member or several) and zstd (one frame or several), and hands on anything else as it is. The first
 * bytes tell which.
 *
 * **Shape** One chunk a pull, none empty; decompressed ones of up to `chunkSize` bytes, owned by `memory`.
 *
 * **Guarantee** Nothing behind the compressed data is passed over but zero bytes, which are padding. `gzip` ignores other
 * trailing bytes with a warning; here they are an error, since they might have been log. One chunk at most is decompressed
 * ahead of the pull. The decompressor is freed with the scope.
 *
 * **Not promised** A mixture of gzip and zstd in one object. That up to three bytes at the very end which begin another zstd frame
 * are noticed: zlib takes them without a word.
 *
 * **Errors** `ObjectCorrupt` when the compressed data is damaged, ends early or is followed by something else.
 *
 * **Source** RFC 1952 2.2 for members, RFC 8878 3 for frames.
 */
export const inflate = <E>(
  pull: ChunkPull<E>,
  scope: Scope.Scope,
  chunkSize: number,
  memory: ChunkMemory
): ChunkPull<E | DecodeError> => {
  let format: Format | undefined
  let inflater: Inflater.Inflater | undefined
  /** Read already, and still to be told what it is. */
  let ahead = nothing
  /** What the decompressor was given last. */
  let fed = nothing
  let readBytes = 0
  let isAtEnd = false
  /** The decompressor was told that there is no more. */
  let isFinished = false

  /** The next chunk as stored; an empty one at the end, and ever after. */
  const read = Effect.suspend(() => (isAtEnd ? Cause.done() : pull)).pipe(
    Effect.map((chunk) => {
      readBytes += chunk.length
      return chunk
    }),
    Pull.catchDone(() => {
      isAtEnd = true
      return Effect.succeed(nothing)
    })
  )

  const readAhead = Effect.gen(function* () {
    for (;;) {
      if (format !== undefined) ahead = withoutPadding(ahead)
      if (ahead.length >= MAGIC_BYTES || isAtEnd) return
      const chunk = yield* read
      ahead = ahead.length === 0 ? chunk : Buffer.concat([ahead, chunk])
    }
  })

  /** Finds out what comes next. */
  const begin = Effect.gen(function* () {
    yield* readAhead
    if (ahead.length === 0) return yield* Cause.done()
    const previous = format
    format = formatOf(ahead)
    if (format !== "plain") {
      isFinished = false
      inflater = yield* Scope.provide(Inflater.make(format, chunkSize), scope)
      inflater.feed(ahead)
      fed = ahead
      ahead = nothing
    } else if (previous !== undefined) {
      const position = readBytes - ahead.length
      return yield* corrupt(`the ${previous} data is followed by something else at byte ${position}`)
    }
  })

  const damage = (error: Error) =>
    corrupt(
      isFinished
        ? `the ${format} data ends early, after ${readBytes} bytes`
        : `the ${format} data is damaged before byte ${readBytes}: ${error.message}`
    )

  const next: ChunkPull<E | DecodeError> = Effect.gen(function* () {
    for (;;) {
      if (format === "plain") {
        const chunk = ahead.length > 0 ? ahead : yield* read
        ahead = nothing
        if (chunk.length > 0) return chunk
        if (isAtEnd) return yield* Cause.done()
        continue
      }
      if (inflater === undefined) {
        yield* begin
        continue
      }
      const output = yield* Effect.mapError(inflater.pull, damage)
      if (output === "ended") {
        ahead = inflater.leftover()
        inflater = undefined
      } else if (output === "hungry") {
        const chunk = yield* read
        isFinished = isAtEnd
        if (isAtEnd) {
          inflater.finish()
        } else {
          inflater.feed(chunk)
          memory.free(fed, chunk)
          fed = chunk
        }
      } else {
        return memory.ownGrowing(output)
      }
    }
  })

  return next
}

const nothing: Uint8Array = new Uint8Array(0)

const withoutPadding = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => byte !== 0)
  return start === -1 ? nothing : bytes.subarray(start)
}
