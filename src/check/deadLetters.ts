/**
 * Can messages that can never be shipped be sent to `deadLetter.queue`?
 */
import { Effect } from "effect"
import * as statements from "../policy/statements.ts"
import { allowing } from "./Caller.ts"
import type { Check } from "./Check.ts"
import { failed, ok, warning } from "./Finding.ts"
import { QueueInspector } from "./QueueInspector.ts"
import { keyArn } from "./queueAttributes.ts"
import { arnOf, askingFor, type CheckedQueue, identityCheck, notThere, type QueueOptions, queueName } from "./queues.ts"

/** Looks for the queue, and finds out without a message whether it may be sent one. */
export const deadLetterCheck = Effect.fnUntraced(function* (
  { identity, inspected, queue }: CheckedQueue,
  { caller, needs }: Pick<QueueOptions, "caller" | "needs">
) {
  const inspector = yield* QueueInspector

  const mayBeSent = inspector.rehearse(queue, "send").pipe(
    Effect.matchEffect({
      onSuccess: () => Effect.succeed(ok("may be sent to")),
      onFailure: ({ reason: { _tag, detail } }) =>
        Effect.map(caller, (caller) =>
          _tag === "AccessDenied"
            ? failed(
                `send: ${detail}`,
                "Let the identity send messages there.",
                allowing(caller, identity, [statements.allow(["sqs:SendMessage"], [arnOf(queue, identity, caller)])])
              )
            : failed(`send: ${detail}`, "Try again when SQS answers.")
        )
    })
  )

  const run = inspected.pipe(
    Effect.matchEffect({
      onFailure: ({ reason }) =>
        Effect.map(caller, (caller) => [
          notThere(queue, identity, reason, caller, {
            key: "deadLetter.queue",
            use: "use",
            actions: statements.deadLetterActions(queue)
          })
        ]),
      onSuccess: Effect.fnUntraced(function* ({ attributes }) {
        const there = ok(`is there, used as ${identity.name}`)
        if (attributes === undefined) {
          const add = askingFor(queue, identity, yield* caller)
          const unknown = warning("its encryption may not be asked for", "s3beat works without.", add)
          return [there, unknown, yield* mayBeSent]
        }
        const { arn, kmsKey } = attributes
        return [
          there,
          yield* mayBeSent,
          ...(kmsKey === undefined
            ? []
            : [
                ok(
                  `is encrypted with ${keyArn(kmsKey, arn)}: whoever sends to it needs kms:GenerateDataKey and kms:Decrypt on that key`
                )
              ])
        ]
      })
    }),
    Effect.map((verdicts) => ({ verdicts }))
  )
  const check: Check = {
    name: `dead letters in ${queueName(queue)}`,
    needs: [identityCheck(identity), ...needs(queue)],
    run
  }
  return check
})
