/**
 * From records to events, a slab full of them at a time.
 */
import { Clock, Effect, type Pull, Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { oneByOne } from "../decode/chunks.ts"
import type { RecordBatch } from "../domain/RecordBatch.ts"
import type { EncodedRecords, ObjectEncoder } from "../encode/EventEncoder.ts"

/**
 * Encodes the records of one object, as they were read just now.
 *
 * **Guarantee** Nothing is encoded before it is pulled.
 */
export const encodeRecords =
  (encoder: ObjectEncoder) =>
  <E, R>(records: Stream.Stream<RecordBatch, E, R>): Stream.Stream<EncodedRecords, E, R> =>
    Stream.transformPull(records, (pull) =>
      Effect.map(Clock.Clock, (clock) =>
        Effect.map(encodePulled(encoder, oneByOne(pull), clock), (encoded): NonEmptyReadonlyArray<EncodedRecords> => [
          encoded
        ])
      )
    )

/** The same, pulled. */
export const encodePulled = <E>(
  encoder: ObjectEncoder,
  records: Pull.Pull<RecordBatch, E>,
  clock: Clock.Clock
): Pull.Pull<EncodedRecords, E> => {
  let encoding: Iterator<EncodedRecords, void> | undefined
  const more = Effect.flatMap(records, (batch) => {
    encoding = encoder.encode(batch, clock.currentTimeMillisUnsafe())
    return next
  })
  const next: Pull.Pull<EncodedRecords, E> = Effect.suspend(() => {
    const encoded = encoding?.next()
    return encoded === undefined || encoded.done === true ? more : Effect.succeed(encoded.value)
  })
  return next
}
