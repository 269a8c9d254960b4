/**
 * Time for a pipeline over in-memory services.
 */
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"

/** A second of the clock, and a turn of the event loop: what a thread inflates is not ruled by the clock. */
const aSecond = Effect.andThen(
  Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))),
  TestClock.adjust("1 second")
)

/** Lets so much time pass. */
export const passes = Effect.fnUntraced(function* (duration: Duration.Input) {
  const seconds = Duration.toSeconds(Duration.fromInputUnsafe(duration))
  for (let second = 0; second <= seconds; second++) yield* aSecond
})

/** Lets time pass until it is so, within reason. */
export const until = Effect.fnUntraced(function* <E, R>(isSo: Effect.Effect<boolean, E, R>) {
  for (let second = 0; second < 20_000 && !(yield* isSo); second++) yield* aSecond
})
