import { Cause, Effect, Pull } from "effect"
import * as RecordBatch from "../domain/RecordBatch.ts"
import type { ChunkMemory } from "./ChunkMemory.ts"
import type { ChunkPull } from "./chunks.ts"
import { DecodeError, type Decoder } from "./Decoder.ts"
import { type RecordOptions, selectDecoder } from "./selectDecoder.ts"

/** The last stage: chunks of log to batches of records. `free` is told of each chunk once the decoder has left it behind. */
export const recordsOf = <E>(
  pull: ChunkPull<E>,
  options: RecordOptions,
  free: ChunkMemory["free"]
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

  const handOn = (batch: RecordBatch.RecordBatch) => (RecordBatch.isEmpty(batch) ? next : Effect.succeed(batch))

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
