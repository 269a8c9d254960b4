/**
 * Every schedule by which s3beat tries something again, named by intent.
 *
 * A schedule only says when; what is tried again is decided where the error is seen.
 */
import { type Duration, Effect, Schedule } from "effect"

/**
 * One call to AWS that was throttled or not answered: 5 more attempts, 200 ms doubling to at most 5 s, jittered, some 10
 * seconds in all. After that the message is released, and SQS does the waiting.
 */
export const awsCall = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 5 })
)

/**
 * Polling a queue that cannot be polled: for ever, 1 s doubling to at most 30 s, jittered, so that it is polled within a minute
 * of its return, and that of the session that it may need.
 */
export const poll = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")]).pipe(
  Schedule.jittered
)

/** Refreshing a session that STS will not renew now: for ever, 1 s doubling to at most 30 s, jittered. */
export const sessionRefresh = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")]).pipe(
  Schedule.jittered
)

/** Resuming a body that was cut off: 5 more attempts, 100 ms doubling, jittered. */
export const bodyResume = Schedule.exponential("100 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 5 }))

/** Publishing to an output that is down: for ever, 1 s doubling to at most 60 s. */
export const outputPublish = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("60 seconds")])

/** Settling a message (delete, release): 4 more attempts, 200 ms doubling, jittered; then SQS brings the message back. */
export const settle = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 4 }))

/** Starting a worker that died again: for ever, 1 s doubling to at most 60 s, jittered. */
export const workerStart = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("60 seconds")]).pipe(
  Schedule.jittered
)

/**
 * Connecting to a collector that failed: for ever, `init` doubling to at most `max`, jittered, from the beginning again once it
 * has acknowledged something.
 */
export const reconnect = ({ init, max }: { readonly init: Duration.Duration; readonly max: Duration.Duration }) =>
  Schedule.min([Schedule.exponential(init), Schedule.spaced(max)]).pipe(Schedule.jittered)

/** Waiting for another process that is changing the same keystore: every 100 ms, for some 10 seconds. */
export const lockedKeystore = Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 100 }))

/**
 * What `Effect.retry` does, for what succeeds at once as a rule and is done thousands of times a second: the schedule is made ready only
 * when the first attempt has failed, because to do so costs more than many an attempt.
 */
export const whenFailed =
  <E, Out, R2>(options: {
    readonly schedule: Schedule.Schedule<Out, E, never, R2>
    readonly while?: (failure: E) => boolean
  }) =>
  <A, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | R2> =>
    Effect.catch(effect, (failure) => Effect.retry(failedOnce(effect, failure), options))

/** Fails like that the first time, and is the effect from then on. */
const failedOnce = <A, E, R>(effect: Effect.Effect<A, E, R>, failure: E): Effect.Effect<A, E, R> => {
  let next: Effect.Effect<A, E, R> = Effect.fail(failure)
  return Effect.suspend(() => {
    const now = next
    next = effect
    return now
  })
}
