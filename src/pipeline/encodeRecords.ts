/**
 * From records to events, a slab full of them at a time.
 */
import { Cause, Clock, Effect, Pull, Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { oneByOne } from "../decode/chunks.ts"
import type { RecordBatch } from "../domain/RecordBatch.ts"
import type { EncodedRecords, ObjectEncoder } from "../encode/EventEncoder.ts"

/**
 * Encodes the records of one object, as they were read just now.
 *
 * **Guarantee** Nothing is encoded before it is pulled. A stream that ends early leaves nothing behind.
 */
export const encodeRecords =
  (encoder: ObjectEncoder) =>
  <E, R>(records: Stream.Stream<RecordBatch, E, R>): Stream.Stream<EncodedRecords, E, R> =>
    Stream.ensuring(
      Stream.transformPull(records, (pull) =>
        Effect.map(Clock.Clock, (clock) =>
          Effect.map(encodePulled(encoder, oneByOne(pull), clock), (encoded): NonEmptyReadonlyArray<EncodedRecords> => [
            encoded
          ])
        )
      ),
      Effect.sync(() => encoder.discard())
    )

/** The same, pulled. Whoever does not pull to the end has the encoder discard what waits. */
export const encodePulled = <E>(
  encoder: ObjectEncoder,
  records: Pull.Pull<RecordBatch, E>,
  clock: Clock.Clock
): Pull.Pull<EncodedRecords, E> => {
  let encoding: Iterator<EncodedRecords, unknown> | undefined
  let isAtEnd = false
  const begin = Effect.map(records, (batch) => {
    encoding = encoder.encode(batch, clock.currentTimeMillisUnsafe())
  })
  const end = () =>
    Effect.sync(() => {
      isAtEnd = true
      const rest = encoder.flush()
      encoding = (rest === undefined ? [] : [rest]).values()
    })
  const more = Effect.flatMap(Pull.catchDone(begin, end), () => next)
  const next: Pull.Pull<EncodedRecords, E> = Effect.suspend(() => {
    const encoded = encoding?.next()
    if (encoded !== undefined && encoded.done !== true) return Effect.succeed(encoded.value)
    return isAtEnd ? Cause.done() : more
  })
  return next
}
