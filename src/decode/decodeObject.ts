/**
 * From the body of an object to its records.
 */
import { Cause, Effect, Pull, Stream } from "effect"
import * as RecordBatch from "../domain/RecordBatch.ts"
import * as ChunkMemory from "./ChunkMemory.ts"
import { type ChunkPull, throughStages } from "./chunks.ts"
import { DecodeError, type Decoder } from "./Decoder.ts"
import { type DecompressOptions, decompress } from "./decompress.ts"
import { gather } from "./gather.ts"
import { isDigestKey } from "./isDigestKey.ts"
import { HEAD_BYTES, type RecordOptions, selectDecoder } from "./selectDecoder.ts"

/** How objects are cut into records, and how large they may be. */
export interface DecodeOptions extends RecordOptions, Omit<DecompressOptions, "sizeHint"> {}

/** The same for one object, with what is known of it before it is read. */
export interface DecodeObjectOptions extends DecodeOptions, Pick<DecompressOptions, "sizeHint"> {
  readonly key?: string | undefined
  /** A batch is good only until the next one is pulled: its memory is freed then, not when the engine finds the time. */
  readonly isTransient?: boolean | undefined
}

/**
 * The records of one object: decompressed where it is compressed, and cut by the decoder that its first bytes call for.
 *
 * **Shape** The records in their order, in batches of up to about a MiB, none of them empty. A CloudTrail digest, known by its
 * key or by its content, and an empty object have no records.
 *
 * **Guarantee** How the body is chunked makes no difference to the records. Memory is bounded by the record limit and some
 * chunks, whatever the object's size.
 *
 * **Errors** `DecodeError`: reading the object again would give the same. Records before the fault may have come already.
 */
export const decodeObject = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  options: DecodeObjectOptions
): Stream.Stream<RecordBatch.RecordBatch, E | DecodeError, R> =>
  options.key !== undefined && isDigestKey(options.key)
    ? Stream.empty
    : throughStages(body, (stored, scope) => {
        const memory = ChunkMemory.make()
        const log = decompress(gather(stored, STORED_BYTES, memory), scope, options, memory)
        // So that the first chunk is all the head there is.
        return recordsOf(gather(log, HEAD_BYTES, memory), options, options.isTransient === true ? memory.free : keep)
      })

const keep = () => {}

/** The last stage: chunks of log to batches of records. `free` is told of each chunk once the decoder has left it behind. */
const recordsOf = <E>(
  pull: ChunkPull<E>,
  options: RecordOptions,
  free: ChunkMemory.ChunkMemory["free"]
): Pull.Pull<RecordBatch.RecordBatch, E | DecodeError> => {
  let decoder: Decoder | undefined
  let isAtEnd = false
  /** What was pulled last, and the rest of it that is still to be pushed. */
  let last = nothing
  let rest = nothing

  const decode = (chunk: Uint8Array) => {
    decoder ??= selectDecoder(chunk, options)
    const isLarge = chunk.length >= 2 * FIRST_PART_BYTES
    rest = isLarge ? chunk.subarray(FIRST_PART_BYTES) : nothing
    const batch = decoder.push(isLarge ? chunk.subarray(0, FIRST_PART_BYTES) : chunk)
    // A record that began in the last chunk was copied together with what is new.
    free(last, chunk)
    last = chunk
    return batch
  }

  const end = () => {
    isAtEnd = true
    return decoder === undefined ? RecordBatch.empty : decoder.end()
  }

  const done = Effect.suspend(() => {
    free(last)
    return Cause.done()
  })

  const handOn = (batch: RecordBatch.RecordBatch) => (batch.count > 0 ? Effect.succeed(batch) : next)

  const next: Pull.Pull<RecordBatch.RecordBatch, E | DecodeError> = Effect.suspend(() => {
    if (isAtEnd) return done
    if (rest.length === 0) return pulled
    const chunk = rest
    rest = nothing
    return Effect.flatMap(
      attempt(() => decoder?.push(chunk) ?? RecordBatch.empty),
      handOn
    )
  })

  const pulled = pull.pipe(
    Effect.flatMap((chunk) => attempt(() => decode(chunk))),
    Pull.catchDone(() => attempt(end)),
    Effect.flatMap(handOn)
  )

  return next
}

/** Stored bytes that are taken at a time: each time costs the same, and sockets bring 16 to 64 KiB. */
const STORED_BYTES = 256 * 1024

/**
 * A record that is cut between two chunks has to be copied together with the part of the second chunk that is pushed with it:
 * let that be a small part, but larger than most records, and the rest stay where it is.
 */
const FIRST_PART_BYTES = 32 * 1024

const nothing: Uint8Array = new Uint8Array(0)

/** Decoders throw, so that their loops stay plain; what they throw is a failure here. */
const attempt = <A>(evaluate: () => A): Effect.Effect<A, DecodeError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluate())
    } catch (error) {
      if (error instanceof DecodeError) return Effect.fail(error)
      throw error
    }
  })
