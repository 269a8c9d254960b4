/**
 * Are the queues as s3beat needs them?
 */
import { Duration, Effect } from "effect"
import { Credentials, type Identity } from "../credentials/Credentials.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { accountOf, queueArn } from "../policy/arns.ts"
import * as statements from "../policy/statements.ts"
import type { SqsSourceError } from "../source/SqsSource.ts"
import { allowing, type Caller } from "./Caller.ts"
import type { Check } from "./Check.ts"
import { failed, ok, type Verdict, warning } from "./Finding.ts"
import { IDENTITY, roleName } from "./identities.ts"
import { type InspectedQueue, QueueInspector } from "./QueueInspector.ts"
import { encryption, redrive, senders } from "./queueAttributes.ts"

/** The name of the check of a queue: as users write it. */
export const queueName = ({ name, region }: QueueRef): string => `queue ${name}:${region}`

/** A queue, and all that its checks go by. */
export interface CheckedQueue {
  readonly queue: QueueRef
  readonly identity: Identity
  /** Asked for once. */
  readonly inspected: Effect.Effect<InspectedQueue, SqsSourceError>
}

/** What the checks of queues are told. */
export interface QueueOptions {
  readonly caller: Effect.Effect<Caller>
  readonly visibilityTimeout: Duration.Duration
  /** Where messages go that can never be shipped, when the queue's redrive policy does not say. */
  readonly deadLetters: string | undefined
  /** What must be well before this queue is asked for. */
  readonly needs: (queue: QueueRef) => ReadonlyArray<string>
}

/** The queues, with who polls each. */
export const checked = Effect.fnUntraced(function* (queues: ReadonlyArray<QueueRef>) {
  const credentials = yield* Credentials
  const inspector = yield* QueueInspector
  return yield* Effect.forEach(queues, (queue) =>
    Effect.map(Effect.cached(inspector.inspect(queue)), (inspected): CheckedQueue => ({
      queue,
      identity: credentials.forQueue(queue),
      inspected
    }))
  )
})

/** Whether the queue is there, and how it is set up. */
export const queueCheck = Effect.fnUntraced(function* (
  { identity, inspected, queue }: CheckedQueue,
  { caller, deadLetters, needs, visibilityTimeout }: QueueOptions
) {
  const inspector = yield* QueueInspector
  const run = inspected.pipe(
    Effect.matchEffect({
      onFailure: ({ reason }) =>
        Effect.map(caller, (caller) => [
          notThere(queue, identity, reason, caller, {
            key: "sqsQueues",
            use: "poll",
            actions: statements.queueActions(queue)
          })
        ]),
      onSuccess: Effect.fnUntraced(function* (found) {
        const { attributes } = found
        const there = `is there, polled as ${identity.name}`
        if (attributes === undefined) {
          const add = askingFor(queue, identity, yield* caller)
          const unknown = "its redrive policy, its queue policy and its encryption may not be asked for"
          return [
            ok(there),
            warning(unknown, "s3beat works without, and cannot tell what becomes of rejected messages.", add)
          ]
        }
        const own = Duration.format(Duration.seconds(attributes.visibilitySeconds))
        return [
          ok(
            `${there}; s3beat hides a message for ${Duration.format(visibilityTimeout)} at a time, whatever the queue's own ${own}`
          ),
          yield* redrive(found, queue, inspector, deadLetters),
          senders(attributes),
          ...encryption(attributes)
        ]
      })
    }),
    Effect.map((verdicts) => ({ verdicts }))
  )
  const check: Check = { name: queueName(queue), needs: [identityCheck(identity), ...needs(queue)], run }
  return check
})

/** The name of the check of whoever uses a queue. */
export const identityCheck = ({ accountId, name }: Identity): string =>
  accountId === undefined ? IDENTITY : roleName(name)

/** What lets the queue be asked for its attributes. */
export const askingFor = (queue: QueueRef, identity: Identity, caller: Caller) =>
  allowing(caller, identity, [statements.allow(["sqs:GetQueueAttributes"], [arnOf(queue, identity, caller)])])

/** The ARN of a queue that was not asked for it. */
export const arnOf = (queue: QueueRef, identity: Identity, caller: Caller): string =>
  queueArn(queue, queue.accountId ?? identity.accountId ?? caller.account)

/** The verdict on a queue that cannot be found. **Shape** `key` is where the config names it, `use` and `actions` are what for. */
export const notThere = (
  queue: QueueRef,
  identity: Identity,
  { _tag, detail }: SqsSourceError["reason"],
  caller: Caller,
  { actions, key, use }: { readonly key: string; readonly use: string; readonly actions: ReadonlyArray<string> }
): Verdict => {
  const arn = arnOf(queue, identity, caller)
  switch (_tag) {
    case "QueueMissing":
      return failed(
        detail,
        `There is no queue ${queue.name} in ${queue.region} in account ${accountOf(arn)}: correct ${key} (a queue of another account is named by its ARN), or create the queue there.`
      )
    case "AccessDenied":
      return failed(
        detail,
        `Let the identity ${use} the queue; AWS says the same of a queue that is not there.`,
        allowing(caller, identity, [statements.allow(actions, [arn])])
      )
    default:
      return failed(detail, "Try again when SQS answers.")
  }
}
