/**
 * Events that the output refuses for good: kept among the dead letters, so that the others of their object count.
 */
import { Clock, Effect, Metric } from "effect"
import type { DeadLetter } from "../deadletter/DeadLetter.ts"
import { nameOf } from "../deadletter/DeadLetter.ts"
import { DeadLetters, type DestinationUnavailable } from "../deadletter/DeadLetters.ts"
import { eventAt, type EventBatch } from "../domain/EventBatch.ts"
import { type ObjectRef, show } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { EventsRejected } from "../output/Output.ts"
import * as metrics from "../telemetry/metrics.ts"

/**
 * Lets a batch of the object's events count as published when those that the output refused are among the dead letters.
 *
 * **Errors** Without a destination `EventsRejected` stays what it is; `DestinationUnavailable` when they could not be kept.
 */
export const keepRefused =
  (message: QueueMessage, object: ObjectRef, batch: EventBatch) =>
  <R>(
    publish: Effect.Effect<void, EventsRejected, R>
  ): Effect.Effect<void, EventsRejected | DestinationUnavailable, R | DeadLetters> =>
    Effect.catch(
      publish,
      Effect.fnUntraced(function* (rejected) {
        const deadLetters = yield* DeadLetters
        const at = new Date(yield* Clock.currentTimeMillis).toISOString()
        const letters = rejected.events.map(({ detail, index }): DeadLetter => ({
          kind: "event",
          at,
          reason: rejected._tag,
          detail,
          queue: nameOf(message.queue),
          messageId: message.messageId,
          attempts: message.receiveCount,
          object: show(object),
          event: Buffer.from(eventAt(batch, index)).toString()
        }))
        yield* Effect.mapError(deadLetters.keep(letters), ({ reason }) =>
          reason._tag === "DestinationMissing" ? rejected : reason
        )
        yield* Metric.update(metrics.failures(rejected._tag), 1)
        yield* Metric.update(metrics.deadLetters("event"), letters.length)
        yield* Effect.logWarning(
          `${rejected._tag}: ${show(object)}: ${rejected.detail}; they are among the dead letters (${deadLetters.name}).`
        ).pipe(Effect.annotateLogs({ messageId: message.messageId, queue: message.queue.name }))
      })
    )
