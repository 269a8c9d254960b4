/**
 * From how shipping a message ended to what becomes of it.
 */
import { Duration, Effect, Metric } from "effect"
import type { DeadLetters } from "../deadletter/DeadLetters.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import { Release } from "../source/Lease.ts"
import * as metrics from "../telemetry/metrics.ts"
import { backoff, dispositionOf, type Failure, reasonOf } from "./disposition.ts"
import type { PolledQueue } from "./receive.ts"
import { detailOf, type Ending, type ObjectFailure, reject } from "./rejection.ts"

/** What the settlement depends on beside the failure. */
export interface SettlementOptions {
  readonly queues: ReadonlyArray<PolledQueue>
  readonly onMissingObject: "delete" | "reject"
  readonly count: metrics.Count
}

/** Names the object beside its failure. */
export const failureOf =
  (object: ObjectRef) =>
  (failure: Failure): ObjectFailure => ({ failure, object })

/**
 * Turns the failures of a message's objects into its settlement, by the table of `disposition.ts`: success lets the lease
 * delete it; `Release` makes the lease give it back. A message settles as a whole: one object that must be tried again
 * brings all of it back, and one that never will makes it a rejected message.
 *
 * **Guarantee** A rejected message may be deleted only when it is safe among the dead letters.
 *
 * Every failure is logged here, once, and nowhere else.
 */
export const settlement =
  (message: QueueMessage, options: SettlementOptions) =>
  <A, R>(
    ship: Effect.Effect<A, Failure | ReadonlyArray<ObjectFailure>, R>
  ): Effect.Effect<void, Release, R | DeadLetters> =>
    Effect.matchEffect(ship, {
      onSuccess: () => settled(message, deleted, options.count),
      onFailure: (failed) =>
        Effect.flatMap(
          settleFailures(message, options, isOfObjects(failed) ? failed : [{ failure: failed }]),
          (ending) => settled(message, ending, options.count)
        )
    })

const settled = (
  { receiveCount }: QueueMessage,
  { isOver, outcome, text }: Ending,
  count: metrics.Count
): Effect.Effect<void, Release> => {
  count(metrics.messagesSettled(outcome), 1)
  return isOver ? Effect.void : new Release({ delay: backoff(receiveCount), detail: text })
}

const deleted: Ending = { isOver: true, outcome: "deleted", text: "its message is deleted" }

const released = (message: QueueMessage): Ending => ({
  isOver: false,
  outcome: "released",
  text: `its message will be tried again in ${Duration.format(backoff(message.receiveCount))}`
})

const isOfObjects = (failed: Failure | ReadonlyArray<ObjectFailure>): failed is ReadonlyArray<ObjectFailure> =>
  Array.isArray(failed)

const settleFailures = Effect.fnUntraced(function* (
  message: QueueMessage,
  options: SettlementOptions,
  failures: ReadonlyArray<ObjectFailure>
) {
  const all = failures.map((of) => ({ ...of, disposition: dispositionOf(of.failure, options) }))
  const rejected = all.filter(({ disposition }) => disposition.action === "reject")
  const ending = all.some(({ disposition }) => disposition.action === "release")
    ? released(message)
    : rejected.length > 0
      ? yield* reject(message, options.queues, rejected)
      : deleted
  for (const { disposition, ...of } of all) {
    yield* Metric.update(metrics.failures(reasonOf(of.failure)._tag), 1)
    yield* Effect.logWithLevel(ending.logLevel ?? disposition.logLevel)(
      `${reasonOf(of.failure)._tag}: ${detailOf(of)}; ${ending.text}.`
    ).pipe(Effect.annotateLogs({ messageId: message.messageId, queue: message.queue.name }))
  }
  return ending
})
