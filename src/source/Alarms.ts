/**
 * What begins later, unless it is called off before: for many things of which hardly one ever does.
 *
 * `Effect.delay` in a fiber of its own does the same, but a fiber and a timer for each message of one small object cost as much as to
 * decode and encode it.
 */
import { Clock, Effect, Fiber, Latch, type Scope } from "effect"

/** Alarms that share one timer. */
export interface Alarms {
  /**
   * Sets an alarm: after so long `ring` begins, whatever is done to the machine's clock meanwhile.
   *
   * **Units** `after` is milliseconds.
   */
  readonly set: (after: number, ring: Effect.Effect<void>) => Alarm
}

/** An alarm that is set. */
export interface Alarm {
  /** Calls it off. **Guarantee** Then nothing of it is under way: if it has begun to ring, it is interrupted and waited for. */
  readonly cancel: Effect.Effect<void>
}

interface Waiting {
  readonly at: number
  readonly ring: Effect.Effect<void>
  ringing: Fiber.Fiber<void> | undefined
}

/** Alarms that ring until the scope closes. */
export const make: Effect.Effect<Alarms, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const waiting = new Set<Waiting>()
  /** When the first of them rings, as far as the watcher knows. */
  let first = Infinity
  const isEarlier = Latch.makeUnsafe(false)
  /** Milliseconds that only go forward. */
  const uptime = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

  const watch = Effect.gen(function* () {
    const now = uptime()
    first = Infinity
    for (const alarm of waiting) {
      if (alarm.at > now) first = Math.min(first, alarm.at)
      else if (waiting.delete(alarm)) alarm.ringing = yield* Effect.forkChild(alarm.ring)
    }
    isEarlier.closeUnsafe()
    yield* Effect.raceFirst(isEarlier.await, first === Infinity ? Effect.never : Effect.sleep(first - now))
  })
  yield* Effect.forkScoped(Effect.forever(watch))

  return {
    set: (after, ring) => {
      const alarm: Waiting = { at: uptime() + after, ring, ringing: undefined }
      waiting.add(alarm)
      if (alarm.at < first) isEarlier.openUnsafe()
      return {
        cancel: Effect.suspend(() => {
          waiting.delete(alarm)
          return alarm.ringing === undefined ? Effect.void : Fiber.interrupt(alarm.ringing)
        })
      }
    }
  }
})
