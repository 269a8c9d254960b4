/**
 * From how shipping a message ended to what becomes of it.
 */
import { Duration, Effect, Metric } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import { Release } from "../source/Lease.ts"
import * as metrics from "../telemetry/metrics.ts"
import { backoff, dispositionOf, type Failure, reasonOf } from "./disposition.ts"
import type { PolledQueue } from "./receive.ts"

/** What the settlement depends on beside the failure. */
export interface SettlementOptions {
  readonly queues: ReadonlyArray<PolledQueue>
  readonly onMissingObject: "delete" | "reject"
}

/**
 * Turns the failures of a message's objects into its settlement, by the table of `disposition.ts`: success lets the lease
 * delete it; `Release` makes the lease give it back. A message settles as a whole: one object that must be tried again
 * brings all of it back, and one that never will makes it a rejected message.
 *
 * Every failure is logged here, once, and nowhere else.
 */
export const settlement =
  (message: QueueMessage, options: SettlementOptions) =>
  <A, R>(ship: Effect.Effect<A, Failure | ReadonlyArray<Failure>, R>): Effect.Effect<void, Release, R> =>
    ship.pipe(
      Effect.catch((failed) => settleFailures(message, options, Array.isArray(failed) ? failed : [failed])),
      Effect.tap(() => Metric.update(metrics.messagesSettled("deleted"), 1)),
      Effect.asVoid
    )

const settleFailures = Effect.fnUntraced(function* (
  message: QueueMessage,
  options: SettlementOptions,
  failures: ReadonlyArray<Failure>
) {
  const delay = backoff(message.receiveCount)
  const rejection = whatBecomesOfRejected(message, options.queues)
  const after = {
    delete: "its message is deleted",
    release: `its message will be tried again in ${Duration.format(delay)}`,
    reject: rejection.text
  }
  let action: "delete" | "release" | "reject" = "delete"
  for (const failure of failures) {
    const disposition = dispositionOf(failure, options)
    const tag = reasonOf(failure)._tag
    yield* Metric.update(metrics.failures(tag), 1)
    yield* Effect.logWithLevel(disposition.action === "reject" ? rejection.logLevel : disposition.logLevel)(
      `${tag}: ${failure.message}; ${after[disposition.action]}.`
    ).pipe(Effect.annotateLogs({ messageId: message.messageId, queue: message.queue.name }))
    if (disposition.action === "release" || action === "delete") action = disposition.action
  }
  if (action === "delete") return
  yield* Metric.update(metrics.messagesSettled(action === "release" ? "released" : "rejected"), 1)
  return yield* new Release({ delay, detail: failures.map((failure) => reasonOf(failure)._tag).join(", ") })
})

/** A rejected message waits for the queue's redrive policy, which brings it to the dead-letter queue with nothing lost. */
const whatBecomesOfRejected = (message: QueueMessage, queues: ReadonlyArray<PolledQueue>) => {
  const polled = queues.find(({ queue }) => queue.name === message.queue.name && queue.region === message.queue.region)
  return polled?.hasRedrivePolicy === true
    ? { logLevel: "Warn" as const, text: "its message is left to the queue's redrive policy" }
    : {
        logLevel: "Error" as const,
        text: `its message is kept and comes back, because ${
          polled?.hasRedrivePolicy === false
            ? `queue ${message.queue.name} has no redrive policy`
            : `it is not known whether queue ${message.queue.name} has a redrive policy (allow sqs:GetQueueAttributes)`
        }; give the queue one with a dead-letter queue`
      }
}
