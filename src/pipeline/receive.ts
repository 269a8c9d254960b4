/**
 * The messages of one queue, one long poll after the other.
 */
import { Duration, Effect, Latch, Metric, Ref } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import * as retry from "../retry.ts"
import { isTransient, SQS_MAX_WAIT_SECONDS, SqsSource, type SqsSourceError } from "../source/SqsSource.ts"
import * as metrics from "../telemetry/metrics.ts"
import type { Places } from "./Places.ts"

/** A queue, and what was learned of it at start. */
export interface PolledQueue {
  readonly queue: QueueRef
  /** Whether the queue has a redrive policy; `undefined` when we may not ask. */
  readonly hasRedrivePolicy: boolean | undefined
}

/** How to poll. */
export interface ReceiveOptions {
  readonly period: Duration.Duration
  readonly visibilityTimeout: Duration.Duration
}

/** Pollers of one queue while it has more than one brings: a receive takes SQS some 10 to 20 ms, and brings 10 at most. */
const POLLERS = 4

/**
 * Polls the queue for ever, taking a place for every message. One long poll waits for a message; while receives come back
 * full, others poll beside it.
 *
 * **Shape** `take` gets the messages of one receive, and is to hold them at once.
 *
 * **Guarantee** Never asks for more messages than there are places. What was received is taken, whenever interruption comes. A
 * queue that cannot be polled is tried again with backoff, said once when it fails and once when it is back.
 */
export const receive = Effect.fnUntraced(function* <R>(
  { queue }: PolledQueue,
  options: ReceiveOptions,
  places: Places,
  take: (messages: ReadonlyArray<QueueMessage>) => Effect.Effect<void, never, R>
): Effect.fn.Return<never, never, SqsSource | R> {
  const source = yield* SqsSource
  const failing = yield* Ref.make(false)
  const hasMore = yield* Latch.make(false)
  const longest = Duration.min(options.period, Duration.seconds(SQS_MAX_WAIT_SECONDS))
  const rest = Duration.subtract(options.period, longest)

  const poll = (wait: Duration.Duration) =>
    places
      .fill((max) =>
        Effect.uninterruptibleMask((restore) =>
          restore(source.receive(queue, { max, wait, visibilityTimeout: options.visibilityTimeout })).pipe(
            Effect.tap(take),
            Effect.tap(({ length }) => (length === 0 ? hasMore.close : length === max ? hasMore.open : Effect.void))
          )
        )
      )
      .pipe(
        Effect.tapError((error) => whenFirst(failing, true, sayFailing(error))),
        retry.whenFailed({ schedule: retry.poll }),
        Effect.tap(() => whenFirst(failing, false, Effect.logInfo(`Queue ${queue.name} can be polled again.`))),
        Effect.tap((messages) => Metric.update(metrics.messagesReceived, messages.length)),
        // A poll that fails is retried until it succeeds; the schedule never ends.
        Effect.orDie
      )

  const waiting = Effect.tap(poll(longest), ({ length }) => (length === 0 ? Effect.sleep(rest) : Effect.void))
  // These never wait for a message: a long poll holds the places that it might fill.
  const helping = Effect.andThen(hasMore.await, poll(Duration.zero))
  const pollers = [waiting, ...Array.from({ length: POLLERS - 1 }, () => helping)]
  yield* Effect.forEach(pollers, (poller) => Effect.forever(poller), { concurrency: "unbounded", discard: true })
  return yield* Effect.never
})

const sayFailing = (error: SqsSourceError) => {
  const said = `Cannot poll, trying again: ${error.message}`
  return isTransient(error) ? Effect.logWarning(said) : Effect.logError(said)
}

/** Runs the effect only when the flag turns to `value`. */
const whenFirst = (flag: Ref.Ref<boolean>, value: boolean, effect: Effect.Effect<void>) =>
  Effect.flatMap(Ref.getAndSet(flag, value), (before) => (before === value ? Effect.void : effect))
