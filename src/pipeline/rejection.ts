/**
 * What becomes of a message that can never be shipped.
 */
import { Clock, Effect, Metric } from "effect"
import { type DeadLetter, nameOf } from "../deadletter/DeadLetter.ts"
import { DeadLetters } from "../deadletter/DeadLetters.ts"
import { type ObjectRef, show } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import * as metrics from "../telemetry/metrics.ts"
import { type Failure, reasonOf } from "./disposition.ts"
import type { PolledQueue } from "./receive.ts"

/** What went wrong, and with which object; with the message itself where none is named. */
export interface ObjectFailure {
  readonly failure: Failure
  readonly object?: ObjectRef
}

/** The sentence of a failure, with its object. */
export const detailOf = ({ failure, object }: ObjectFailure): string =>
  object === undefined ? reasonOf(failure).detail : `${show(object)}: ${reasonOf(failure).detail}`

/**
 * What becomes of a message. **Shape** It may be deleted when it `isOver`. `logLevel` is that of its failures, where it is not
 * the failures' own.
 */
export interface Ending {
  readonly isOver: boolean
  readonly outcome: "deleted" | "released" | "rejected"
  readonly text: string
  readonly logLevel?: "Warn" | "Error"
}

/**
 * A rejected message waits for the queue's redrive policy, which brings it to the dead-letter queue with nothing lost; where
 * there is none, or it is not known, it becomes a dead letter here.
 */
export const reject = Effect.fnUntraced(function* (
  message: QueueMessage,
  queues: ReadonlyArray<PolledQueue>,
  failures: ReadonlyArray<ObjectFailure>
): Effect.fn.Return<Ending, never, DeadLetters> {
  const polled = queues.find(({ queue }) => queue.name === message.queue.name && queue.region === message.queue.region)
  const outcome = "rejected"
  if (polled?.hasRedrivePolicy === true) {
    return { isOver: false, outcome, logLevel: "Warn", text: "its message is left to the queue's redrive policy" }
  }
  const deadLetters = yield* DeadLetters
  return yield* deadLetters.keep([yield* letterOf(message, failures)]).pipe(
    Effect.andThen(Metric.update(metrics.deadLetters("message"), 1)),
    Effect.as<Ending>({
      isOver: true,
      outcome,
      logLevel: "Warn",
      text: `its message is among the dead letters (${deadLetters.name}), and deleted from the queue`
    }),
    Effect.catch(({ reason }) =>
      Effect.succeed<Ending>({
        isOver: false,
        outcome,
        logLevel: "Error",
        text:
          reason._tag === "DestinationMissing"
            ? whatToConfigure(message, polled)
            : `its message is kept and comes back, because it cannot be put among the dead letters (${reason.detail})`
      })
    )
  )
})

const letterOf = (message: QueueMessage, failures: ReadonlyArray<ObjectFailure>): Effect.Effect<DeadLetter> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const [first] = failures
    return {
      kind: "message",
      at: new Date(now).toISOString(),
      reason: first === undefined ? "" : reasonOf(first.failure)._tag,
      detail: failures.map(detailOf).join("; "),
      queue: nameOf(message.queue),
      messageId: message.messageId,
      attempts: message.receiveCount,
      ...(first?.object === undefined ? undefined : { object: show(first.object) }),
      body: message.body
    }
  })

const whatToConfigure = (message: QueueMessage, polled: PolledQueue | undefined): string =>
  `its message is kept and comes back, because ${
    polled?.hasRedrivePolicy === false
      ? `queue ${message.queue.name} has no redrive policy`
      : `it is not known whether queue ${message.queue.name} has a redrive policy (allow sqs:GetQueueAttributes)`
  }; give the queue one with a dead-letter queue, or set s3beat.deadLetter.queue or s3beat.deadLetter.path`
