/**
 * What a queue's attributes mean to s3beat.
 */
import { Effect, Option, Schema } from "effect"
import type { QueueRef } from "../domain/QueueRef.ts"
import { accountOf, placeholders, s3Arn, partitionOf } from "../policy/arns.ts"
import { many } from "../policy/PolicyDocument.ts"
import * as statements from "../policy/statements.ts"
import { ok, type Verdict, warning } from "./Finding.ts"
import type { InspectedQueue, QueueAttributes, QueueInspector } from "./QueueInspector.ts"

/** Fewer receipts than this, and a message whose output was down twice is taken for one that can never be shipped. */
export const LEAST_RECEIVES = 3

/** Where a message goes that can never be shipped: as the queue says, else to s3beat's own `deadLetters`, where there are any. */
export const redrive = Effect.fnUntraced(function* (
  { redrive }: InspectedQueue,
  queue: QueueRef,
  inspector: QueueInspector["Service"],
  deadLetters: string | undefined
) {
  if (redrive === undefined && deadLetters !== undefined) {
    return ok(`has no redrive policy: a message that can never be shipped goes to ${deadLetters}`)
  }
  if (redrive === undefined) {
    return warning(
      "has no redrive policy: a message that can never be shipped comes back until it expires",
      `Create a queue ${queue.name}-dlq in ${queue.region}, and name it in the RedrivePolicy of ${queue.name} as deadLetterTargetArn, with a maxReceiveCount of 10; or set deadLetter.queue or deadLetter.path.`
    )
  }
  const { deadLetterTargetArn, maxReceiveCount } = redrive
  const [region = "", accountId = "", name = ""] = deadLetterTargetArn.split(":").slice(3)
  // Who polls a queue need not know of its dead-letter queue: only what SQS says for sure is told.
  const isMissing = yield* inspector.inspect({ name, region, accountId }).pipe(
    Effect.match({
      onSuccess: () => false,
      onFailure: ({ reason }) => reason._tag === "QueueMissing"
    })
  )
  if (isMissing) {
    return warning(
      `its dead-letter queue ${deadLetterTargetArn} is not there`,
      "Create it: until then a message that can never be shipped comes back until it expires."
    )
  }
  if (maxReceiveCount < LEAST_RECEIVES) {
    return warning(
      `gives a message up to ${name} after ${maxReceiveCount} receipts, outages of the output and restarts counted`,
      "Raise the maxReceiveCount of its redrive policy to 10."
    )
  }
  return ok(`gives a message up to ${name} after ${maxReceiveCount} receipts`)
})

/** The services by which S3's notifications come, and how. */
const senderServices: Readonly<Record<string, string>> = {
  "s3.amazonaws.com": "S3",
  "sns.amazonaws.com": "SNS",
  "events.amazonaws.com": "EventBridge"
}

/** As much of a policy as tells who may send. What is written otherwise lets nobody send that s3beat knows of. */
const QueuePolicy = Schema.fromJsonString(
  Schema.Struct({
    Statement: Schema.Array(
      Schema.Struct({
        Effect: Schema.String,
        Principal: Schema.optionalKey(Schema.Unknown),
        Action: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)]))
      })
    )
  })
)

const Service = Schema.Struct({ Service: Schema.Union([Schema.String, Schema.Array(Schema.String)]) })

/** Whether anything may announce objects there. */
export const senders = ({ arn, policy }: QueueAttributes): Verdict => {
  const names = Object.entries(senderServices).flatMap(([service, name]) =>
    servicesIn(policy ?? "").includes(service) ? [name] : []
  )
  if (names.length > 0) return ok(`takes what ${names.join(" and ")} may send`)
  return warning(
    "its policy lets neither S3 nor SNS nor EventBridge send to it: no bucket can announce its objects",
    "Unless the queue is filled in another way, let the bucket announce its objects.",
    [
      {
        to: "queue policy",
        of: arn,
        account: accountOf(arn),
        statement: statements.announce(arn, [s3Arn(partitionOf(arn), placeholders.bucket)], "<bucket-account-id>")
      }
    ]
  )
}

const servicesIn = (policy: string): ReadonlyArray<string> =>
  Option.match(Schema.decodeUnknownOption(QueuePolicy)(policy), {
    onNone: () => [],
    onSome: ({ Statement }) =>
      Statement.filter(({ Action = [], Effect }) => Effect === "Allow" && many(Action).some(isSending)).flatMap(
        ({ Principal }) => {
          if (Principal === "*" || isAnyone(Principal)) return Object.keys(senderServices)
          const named = Schema.decodeUnknownOption(Service)(Principal)
          return Option.isSome(named) ? many(named.value.Service) : []
        }
      )
  })

const isSending = (action: string): boolean => /^(?:\*|sqs:(?:\*|Send\*|SendMessage))$/iu.test(action)

/** `{ AWS: "*" }` lets everyone in, where conditions do not say who. */
const isAnyone = (principal: unknown): boolean =>
  Option.match(Schema.decodeUnknownOption(Schema.Struct({ AWS: Schema.Literal("*") }))(principal), {
    onNone: () => false,
    onSome: () => true
  })

/** Whether S3 can use the queue's key; nothing to say of a queue without one. */
export const encryption = ({ arn, kmsKey }: QueueAttributes): ReadonlyArray<Verdict> => {
  if (kmsKey === undefined) return []
  if (/(?:^|\/)alias\/aws\/sqs$/u.test(kmsKey)) {
    return [
      warning(
        "is encrypted with the key that AWS manages, which S3 may not use: no bucket can announce its objects",
        "Encrypt the queue with a KMS key of its account (KmsMasterKeyId), or with SSE-SQS."
      )
    ]
  }
  return [
    ok(
      `is encrypted with ${keyArn(kmsKey, arn)}: whoever polls it needs kms:Decrypt on that key, and the key's policy must allow s3.amazonaws.com kms:GenerateDataKey and kms:Decrypt`
    )
  ]
}

/** A key may be given by its id, in the account and region of the queue. */
export const keyArn = (key: string, queue: string): string => {
  if (key.startsWith("arn:")) return key
  const [, partition, , region, account] = queue.split(":")
  return `arn:${partition}:kms:${region}:${account}:${key.startsWith("alias/") ? key : `key/${key}`}`
}
