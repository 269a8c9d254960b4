/**
 * The messages of one queue, one long poll after the other.
 */
import { Duration, Effect, Metric, Ref, Stream } from "effect"
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

/**
 * Polls the queue for ever, taking a place for every message.
 *
 * **Guarantee** Never asks for more messages than there are places. A queue that cannot be polled is tried again with
 * backoff, said once when it fails and once when it is back.
 */
export const receive = (
  { queue }: PolledQueue,
  options: ReceiveOptions,
  places: Places
): Stream.Stream<QueueMessage, never, SqsSource> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const source = yield* SqsSource
      const failing = yield* Ref.make(false)
      const wait = Duration.min(options.period, Duration.seconds(SQS_MAX_WAIT_SECONDS))
      const rest = Duration.subtract(options.period, wait)

      const poll = places
        .fill((max) => source.receive(queue, { max, wait, visibilityTimeout: options.visibilityTimeout }))
        .pipe(
          Effect.tapError((error) => whenFirst(failing, true, sayFailing(error))),
          Effect.retry(retry.poll),
          Effect.tap(() => whenFirst(failing, false, Effect.logInfo(`Queue ${queue.name} can be polled again.`))),
          Effect.tap((messages) => Metric.update(metrics.messagesReceived, messages.length)),
          Effect.tap((messages) => (messages.length === 0 ? Effect.sleep(rest) : Effect.void)),
          // A poll that fails is retried until it succeeds; the schedule never ends.
          Effect.orDie
        )

      return Stream.fromEffectRepeat(poll).pipe(Stream.flattenIterable)
    })
  )

const sayFailing = (error: SqsSourceError) => {
  const said = `Cannot poll, trying again: ${error.message}`
  return isTransient(error) ? Effect.logWarning(said) : Effect.logError(said)
}

/** Runs the effect only when the flag turns to `value`. */
const whenFirst = (flag: Ref.Ref<boolean>, value: boolean, effect: Effect.Effect<void>) =>
  Effect.flatMap(Ref.getAndSet(flag, value), (before) => (before === value ? Effect.void : effect))
