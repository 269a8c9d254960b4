/**
 * Dead letters in memory: kept for a test to read, and refused as it wishes.
 */
import { Context, Duration, Effect, Layer } from "effect"
import type { DeadLetter } from "../deadletter/DeadLetter.ts"
import { DeadLetters, DeadLettersError, DestinationUnavailable } from "../deadletter/DeadLetters.ts"

/** The far side of the in-memory destination. */
export class DeadLettersMemory extends Context.Service<
  DeadLettersMemory,
  {
    /** What was kept, in order. */
    readonly letters: Effect.Effect<ReadonlyArray<DeadLetter>>
    /** From now on it is unavailable, for so many attempts or until `heal`. */
    readonly fail: (times?: number) => Effect.Effect<void>
    /** It is available again. */
    readonly heal: Effect.Effect<void>
    /** Every attempt takes so long. */
    readonly setLatency: (latency: Duration.Duration) => Effect.Effect<void>
  }
>()("s3beat/testing/DeadLettersMemory") {}

const make = Effect.sync(() => {
  const letters: Array<DeadLetter> = []
  let failures = 0
  let latency = Duration.zero

  const keep = Effect.fnUntraced(function* (given: ReadonlyArray<DeadLetter>) {
    yield* Effect.sleep(latency)
    if (failures > 0) {
      failures--
      return yield* new DeadLettersError({ reason: new DestinationUnavailable({ detail: "the test says so" }) })
    }
    letters.push(...given)
  })

  return Context.make(DeadLetters, { name: "memory", keep }).pipe(
    Context.add(DeadLettersMemory, {
      letters: Effect.sync(() => letters.slice()),
      fail: (times = Infinity) => Effect.sync(() => void (failures = times)),
      heal: Effect.sync(() => void (failures = 0)),
      setLatency: (value) => Effect.sync(() => void (latency = value))
    })
  )
})

/** A `DeadLetters`, and its far side. */
export const layer: Layer.Layer<DeadLetters | DeadLettersMemory> = Layer.effectContext(make)
