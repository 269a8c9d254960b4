/**
 * An operator who does not wait: a message that was released with backoff comes back when its time has come, which may be in 15
 * minutes, and here is made visible at once, over HTTP and past the faults.
 */
import { ChangeMessageVisibilityCommand } from "@aws-sdk/client-sqs"
import { Duration, Effect, type Scope } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import { signedInAs } from "./awsClients.ts"
import * as TwoAccounts from "./embeddedAws.ts"

/** Makes every message visible that s3beat put off for longer than a lease, each time that it is run. */
export const makeHurry = (
  lease: Duration.Duration,
  queueName: string = TwoAccounts.events.name
): Effect.Effect<Effect.Effect<void>, never, EmbeddedAws | FaultProxy | Scope.Scope> =>
  Effect.gen(function* () {
    const { endpoint } = yield* EmbeddedAws
    const { queue } = yield* FaultProxy
    const { sqs } = yield* signedInAs(TwoAccounts.beat)
    const QueueUrl = `${endpoint}/${TwoAccounts.accountB.id}/${queueName}`
    const hurried = new Set<string>()
    return Effect.suspend(() =>
      Effect.forEach(
        queue.receipts().filter((receipt) => isPutOff(receipt, lease) && !hurried.has(receipt.handle)),
        ({ handle: ReceiptHandle }) => {
          hurried.add(ReceiptHandle)
          const command = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
          // It may be back by itself, or gone.
          return Effect.ignore(Effect.tryPromise(() => sqs.send(command)))
        },
        { discard: true }
      )
    )
  })

const isPutOff = ({ asked }: Receipt, lease: Duration.Duration): boolean => {
  const last = asked.at(-1)
  return last?._tag === "ChangeVisibility" && last.seconds > Duration.toSeconds(lease)
}

/** Whether the queue holds nothing, be it visible or not. */
export const isQueueEmpty = Effect.gen(function* () {
  const { delayed, inFlight, ready } = yield* (yield* EmbeddedAws).queueDepth(TwoAccounts.arn.events)
  return ready + inFlight + delayed === 0
})
