/**
 * A limit on waiting, for many who wait at a time.
 *
 * `Effect.timeout` forks a fiber and sets a timer for each; for small objects, of which thousands are read a second and hardly
 * one is late, one fiber watches over all.
 */
import { Clock, Duration, Effect, Latch } from "effect"
import type { Scope } from "effect"

/** Those who wait. */
export interface Deadlines {
  /**
   * Begins to wait: `onLate` is called once the limit has passed, unless the function that is returned is called before.
   */
  readonly begin: (onLate: () => void) => () => void

  /**
   * What a promise comes to, if it does so within the limit. `giveUp` is called when nobody waits for it any more, because it is late
   * or because of an interruption.
   */
  readonly within: <A, E>(options: WithinOptions<A, E>) => Effect.Effect<A, E>
}

/** A promise, and what its failure, or its lateness, is called. */
export interface WithinOptions<A, E> {
  readonly try: () => Promise<A>
  readonly catch: (cause: unknown) => E
  readonly late: () => E
  readonly giveUp?: () => void
}

interface Wait {
  readonly until: bigint
  readonly onLate: () => void
}

/**
 * Watches until the scope closes; what is waited for then is never late.
 */
export const make: (limit: Duration.Input) => Effect.Effect<Deadlines, never, Scope.Scope> = Effect.fnUntraced(
  function* (limit) {
    const clock = yield* Clock.Clock
    const nanos = Duration.toNanosUnsafe(limit)
    // All wait equally long, so that the first to begin is the first to be late.
    const waits = new Set<Wait>()
    const some = Latch.makeUnsafe(false)

    const sleepUntilLate = Effect.suspend(() => {
      const now = clock.monotonicTimeNanosUnsafe()
      for (const wait of waits) {
        if (wait.until > now) return Effect.sleep(Duration.nanos(wait.until - now))
        waits.delete(wait)
        wait.onLate()
      }
      some.closeUnsafe()
      return some.await
    })
    yield* Effect.forkScoped(Effect.forever(sleepUntilLate))

    const begin: Deadlines["begin"] = (onLate) => {
      const wait = { until: clock.monotonicTimeNanosUnsafe() + nanos, onLate }
      waits.add(wait)
      some.openUnsafe()
      return () => waits.delete(wait)
    }

    const within = <A, E>({ catch: failure, giveUp = nothing, late, try: evaluate }: WithinOptions<A, E>) =>
      Effect.callback<A, E>((resume) => {
        const end = begin(() => {
          giveUp()
          resume(Effect.fail(late()))
        })
        const settle = (outcome: Effect.Effect<A, E>) => {
          end()
          resume(outcome)
        }
        void evaluate().then(
          (value) => settle(Effect.succeed(value)),
          (cause: unknown) => settle(Effect.fail(failure(cause)))
        )
        return Effect.sync(() => {
          end()
          giveUp()
        })
      })

    return { begin, within }
  }
)

const nothing = () => {}
