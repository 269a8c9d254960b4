/**
 * The records of one object, on their way to the output.
 */
import { type Clock, Effect, Pull, Semaphore } from "effect"
import type { DecodeError } from "../decode/Decoder.ts"
import { isWhole, type RecordPull } from "../decode/decodeObject.ts"
import type { WholeRecords } from "../decode/decodeWhole.ts"
import type { EncodedRecords, ObjectEncoder } from "../encode/EventEncoder.ts"
import { encodePulled } from "./encodeRecords.ts"

/**
 * How records become events, and where those go.
 *
 * **Shape** `ship` gets a slab full of events at a time, and `concurrency` of its effects run at once where there are so many.
 */
export interface ShipOptions<E, R> {
  readonly encoder: ObjectEncoder
  readonly clock: Clock.Clock
  readonly concurrency: number
  readonly ship: (encoded: EncodedRecords) => Effect.Effect<void, E, R>
}

/**
 * Encodes and ships the records, and answers how many events they became.
 *
 * **Guarantee** Nothing is encoded before it can be shipped.
 */
export const shipRecords = <E, E2, R>(
  records: WholeRecords | RecordPull<E>,
  { clock, concurrency, encoder, ship }: ShipOptions<E2, R>
): Effect.Effect<number, E | DecodeError | E2, R> => {
  let events = 0
  const shipCounted = (encoded: EncodedRecords) => {
    events += encoded.events.count
    return ship(encoded)
  }
  const shipped: Effect.Effect<void, E | DecodeError | E2, R> = isWhole(records)
    ? shipInTurn(encodeWhole(records, encoder, clock), shipCounted)
    : Effect.ensuring(
        shipPulled(encodePulled(encoder, records, clock), concurrency, shipCounted),
        Effect.sync(() => encoder.discard())
      )
  return Effect.map(shipped, () => events)
}

function* encodeWhole({ batches, free }: WholeRecords, encoder: ObjectEncoder, clock: Clock.Clock) {
  for (const batch of batches) yield* encoder.encode(batch, clock.currentTimeMillisUnsafe())
  const rest = encoder.flush()
  free()
  if (rest !== undefined) yield rest
}

/** `Effect.forEach` does the same, and takes twice as many operations where there is one, as for nearly every small object. */
const shipInTurn = <E, R>(
  encoded: Iterator<EncodedRecords, void>,
  ship: (encoded: EncodedRecords) => Effect.Effect<void, E, R>
): Effect.Effect<void, E, R> =>
  Effect.suspend(() => {
    const next = encoded.next()
    return next.done === true ? Effect.void : Effect.andThen(ship(next.value), shipInTurn(encoded, ship))
  })

const shipPulled = <E, E2, R>(
  events: Pull.Pull<EncodedRecords, E>,
  concurrency: number,
  ship: (encoded: EncodedRecords) => Effect.Effect<void, E2, R>
) => {
  const next = Semaphore.makeUnsafe(1).withPermit(events)
  const worker = Pull.catchDone(Effect.forever(Effect.flatMap(next, ship), { disableYield: true }), () => Effect.void)
  return Effect.replicateEffect(worker, concurrency, { concurrency, discard: true })
}
