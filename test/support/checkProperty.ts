/**
 * A fast-check property whose law is an effect.
 */
import { Effect } from "effect"
import * as fc from "fast-check"

/** Runs the law against random values, one after another, with the services of the test; a failure is shrunk. */
export const checkProperty = <T, R>(
  arbitrary: fc.Arbitrary<T>,
  law: (value: T) => Effect.Effect<void, unknown, R>,
  parameters: fc.Parameters<[T]> = {}
): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    const runPromise = Effect.runPromiseWith(yield* Effect.context<R>())
    yield* Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(arbitrary, (value) => runPromise(law(value))),
        parameters
      )
    )
  })
