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

    return {
      begin: (onLate) => {
        const wait = { until: clock.monotonicTimeNanosUnsafe() + nanos, onLate }
        waits.add(wait)
        some.openUnsafe()
        return () => waits.delete(wait)
      }
    }
  }
)
