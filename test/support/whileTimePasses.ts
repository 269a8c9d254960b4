/**
 * Runs an effect to its end while the TestClock goes on second by second, so that no wait in it is missed.
 */
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** For effects that wait for nothing but time: what a socket brings is not waited for. */
export const whileTimePasses = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect)
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust("1 second")
    yield* Effect.yieldNow
  }
  return yield* Fiber.join(fiber)
})
