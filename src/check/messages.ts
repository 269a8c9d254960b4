/**
 * May s3beat take messages from a queue and settle them, and what do they say?
 */
import { Effect, Option, Result } from "effect"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import { parseNotification } from "../notification/parseNotification.ts"
import * as statements from "../policy/statements.ts"
import type { SqsSourceError } from "../source/SqsSource.ts"
import { allowing, type Caller } from "./Caller.ts"
import type { Check } from "./Check.ts"
import { failed, ok, skipped, type Verdict, warning } from "./Finding.ts"
import { QueueInspector } from "./QueueInspector.ts"
import { keyArn, LEAST_RECEIVES } from "./queueAttributes.ts"
import { arnOf, type CheckedQueue, queueName } from "./queues.ts"

/** What the checks of messages are told. **Shape** `onObjects` makes the checks of what a message announces. */
export interface MessageOptions {
  readonly caller: Effect.Effect<Caller>
  readonly onObjects: (objects: ReadonlyArray<ObjectRef>) => ReadonlyArray<Check>
}

/** What IAM calls the operations. */
const actions = {
  receive: "sqs:ReceiveMessage",
  release: "sqs:ChangeMessageVisibility",
  delete: "sqs:DeleteMessage"
} as const

type Operation = keyof typeof actions

/**
 * Looks at one message and gives it back; whether messages may be released and deleted is found out without one.
 */
export const messageCheck = Effect.fnUntraced(function* (checked: CheckedQueue, { caller, onObjects }: MessageOptions) {
  const inspector = yield* QueueInspector
  const { inspected, queue } = checked

  const refused = (operation: Operation, { reason }: SqsSourceError) =>
    Effect.gen(function* () {
      const found = yield* Effect.option(inspected)
      return notAllowed(checked, operation, reason, yield* caller, Option.getOrUndefined(found)?.attributes?.kmsKey)
    })

  const settle = Effect.forEach(["release", "delete"] as const, (operation) =>
    inspector.rehearse(queue, operation).pipe(
      Effect.matchEffect({
        onFailure: (error) => Effect.asSome(refused(operation, error)),
        onSuccess: () => Effect.succeedNone
      })
    )
  ).pipe(Effect.map((refusals) => refusals.flatMap((refusal) => (refusal._tag === "Some" ? [refusal.value] : []))))

  const receive = Effect.gen(function* () {
    const { redrive } = yield* inspected
    if (redrive !== undefined && redrive.maxReceiveCount < LEAST_RECEIVES) {
      return {
        verdicts: [
          skipped(
            `no message is looked at: each look counts as a receipt, and after ${redrive.maxReceiveCount} the queue gives a message up`
          )
        ]
      }
    }
    const message = yield* inspector.peek(queue)
    return message === undefined ? { verdicts: [ok("may be received; none waits now")] } : seen(message, onObjects)
  }).pipe(Effect.catch((error) => Effect.map(refused("receive", error), (verdict) => ({ verdicts: [verdict] }))))

  const run = Effect.gen(function* () {
    const received: { readonly verdicts: ReadonlyArray<Verdict>; readonly more?: ReadonlyArray<Check> } = yield* receive
    const refusals = yield* settle
    const settled = refusals.length === 0 ? [ok("may be released and deleted")] : refusals
    return { ...received, verdicts: [...received.verdicts, ...settled] }
  })
  const check: Check = { name: `messages of ${queueName(queue)}`, needs: [queueName(queue)], run }
  return check
})

const seen = ({ body, receiveCount }: QueueMessage, onObjects: MessageOptions["onObjects"]) => {
  const looked = `one was looked at and given back, which makes ${receiveCount} ${receiveCount === 1 ? "receipt" : "receipts"}`
  return Result.match(parseNotification(body), {
    onFailure: ({ detail }) => ({
      verdicts: [
        warning(
          `may be received; ${looked}: ${detail}`,
          "Such a message is rejected. Let only S3's notifications come to this queue, by SNS or EventBridge if need be."
        )
      ]
    }),
    onSuccess: ({ objects }) => {
      const names = [...new Set(objects.map(({ bucket }) => bucket))]
      const told = names.length === 0 ? "it names no new object" : `it names an object of ${names.join(", ")}`
      return { verdicts: [ok(`may be received; ${looked}: ${told}`)], more: onObjects(objects) }
    }
  })
}

const notAllowed = (
  { identity, queue }: CheckedQueue,
  operation: Operation,
  { _tag, detail }: SqsSourceError["reason"],
  caller: Caller,
  kmsKey: string | undefined
): Verdict => {
  const told = `${operation}: ${detail}`
  if (_tag !== "AccessDenied") return failed(told, "Try again when SQS answers.")
  const arn = arnOf(queue, identity, caller)
  const statement =
    kmsKey !== undefined && /kms/iu.test(detail)
      ? statements.decrypt([keyArn(kmsKey, arn)])
      : statements.allow([actions[operation]], [arn])
  return failed(told, `Let the identity ${operation} messages.`, allowing(caller, identity, [statement]))
}
