/**
 * From records to events, a slab full of them at a time.
 */
import { Clock, Effect, type Pull, Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
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
      Effect.map(Clock.Clock, (clock) => {
        let batches: ReadonlyArray<RecordBatch> = []
        let at = 0
        let encoding: Iterator<EncodedRecords, void> | undefined

        const next: Pull.Pull<NonEmptyReadonlyArray<EncodedRecords>, E> = Effect.suspend(() => {
          for (;;) {
            const encoded = encoding?.next()
            if (encoded?.done === false) return Effect.succeed([encoded.value] as const)
            const batch = batches[at++]
            if (batch === undefined) return refill
            encoding = encoder.encode(batch, clock.currentTimeMillisUnsafe())
          }
        })

        const refill = Effect.flatMap(pull, (pulled) => {
          batches = pulled
          at = 0
          encoding = undefined
          return next
        })

        return next
      })
    )
