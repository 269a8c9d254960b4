/**
 * SQS in its JSON protocol: who may do what with which queue, of which account; fauxqs keeps the messages.
 */
import { Effect, Predicate } from "effect"
import { accessDenied, AwsError } from "./AwsError.ts"
import type { Exchange } from "./Exchange.ts"
import { allows, matches } from "./policy.ts"
import { isAmong } from "./Principals.ts"
import type { OwnedBucket } from "./s3Api.ts"
import { type Account, type Queue, queueArn, type QueueStatement, s3Arn } from "./World.ts"

/** What the request asks for. */
export interface SqsOperation {
  readonly service: "sqs"
  readonly action: string
  readonly resource: string
  readonly call: string
  readonly input: Readonly<Record<string, unknown>>
  readonly queueName: string
  readonly accountId: string
}

/** A queue and whose it is. */
export interface OwnedQueue {
  readonly account: Account
  readonly queue: Queue
}

/** Reads the operation off a request; the queue is named by its URL, or by name and owner. */
export const operationOf = ({ body, headers, principal, region }: Exchange): SqsOperation => {
  const call = String(headers["x-amz-target"] ?? "").replace("AmazonSQS.", "")
  const parsed: unknown = JSON.parse(body.toString() || "{}")
  const input: Readonly<Record<string, unknown>> = Predicate.isObject(parsed) ? parsed : {}
  const [, ofUrl, nameOfUrl] = /\/(\d{12})\/([^/]+)$/u.exec(String(input["QueueUrl"] ?? "")) ?? []
  const queueName = nameOfUrl ?? String(input["QueueName"] ?? "")
  const accountId = ofUrl ?? String(input["QueueOwnerAWSAccountId"] ?? principal.accountId)
  return {
    service: "sqs",
    action: `sqs:${call.replace(/Batch$/u, "")}`,
    resource: `arn:aws:sqs:${region}:${accountId}:${queueName}`,
    call,
    input,
    queueName,
    accountId
  }
}

/** Whether the request may go on to the store. */
export const authorize = Effect.fnUntraced(function* (
  accounts: ReadonlyArray<Account>,
  { principal }: Exchange,
  operation: SqsOperation
): Effect.fn.Return<OwnedQueue, AwsError> {
  const account = accounts.find(({ id }) => id === operation.accountId)
  const queue = account?.queues.find((queue) => queueArn(account, queue) === operation.resource)
  const isOwn = principal.accountId === operation.accountId
  const byIdentity = allows(principal.policy, operation.action, operation.resource)
  const byQueue = (queue?.policy ?? []).some(
    ({ actions, principals }) =>
      actions.some((pattern) => matches(pattern, operation.action)) && isAmong(principal, principals)
  )
  if (isOwn ? !(byIdentity || byQueue) : !(byIdentity && byQueue)) {
    return yield* accessDenied(principal.arn, operation.action, operation.resource)
  }
  if (account === undefined || queue === undefined) {
    return yield* new AwsError({
      status: 400,
      code: "AWS.SimpleQueueService.NonExistentQueue",
      message: "The specified queue does not exist."
    })
  }
  if (
    operation.action === "sqs:ReceiveMessage" &&
    queue.kmsKey !== undefined &&
    !allows(principal.policy, "kms:Decrypt", queue.kmsKey)
  ) {
    return yield* new AwsError({
      status: 400,
      code: "KmsAccessDenied",
      message: `User: ${principal.arn} is not authorized to perform: kms:Decrypt on resource: ${queue.kmsKey} because no identity-based policy allows the kms:Decrypt action`
    })
  }
  return { account, queue }
})

/** Whether the queue of this ARN lets S3 tell it of the bucket. */
export const acceptsFrom = (
  accounts: ReadonlyArray<Account>,
  arn: string,
  { account: owner, bucket }: OwnedBucket
): boolean => {
  const queue = accounts
    .flatMap((account) => account.queues.map((queue) => ({ arn: queueArn(account, queue), queue })))
    .find((queue) => queue.arn === arn)?.queue
  return (
    queue?.policy === undefined ||
    queue.policy.some(
      ({ actions, principals, sourceAccount = owner.id, sourceArns = ["*"] }) =>
        principals.includes(S3_SERVICE) &&
        actions.some((pattern) => matches(pattern, "sqs:SendMessage")) &&
        sourceArns.some((pattern) => matches(pattern, s3Arn(bucket.name))) &&
        sourceAccount === owner.id
    )
  )
}

/** S3, as policies name it. */
export const S3_SERVICE = "s3.amazonaws.com"

/** Where the front has the queue. */
export const publicUrl = (endpoint: string, { account, queue }: OwnedQueue): string =>
  `${endpoint}/${account.id}/${queue.name}`

/** The attributes of a queue, in the names of its own account; those that fauxqs does not have where they are asked for. */
export const ownAttributes = (
  attributes: Readonly<Record<string, string>>,
  { account, queue }: OwnedQueue,
  { input }: Pick<SqsOperation, "input">
): Readonly<Record<string, string>> => ({
  ...attributes,
  ...(queue.policy !== undefined && isAsked(input, "Policy")
    ? { Policy: JSON.stringify(documentOf(queue.policy, queueArn(account, queue))) }
    : undefined),
  ...(queue.kmsKey !== undefined && isAsked(input, "KmsMasterKeyId") ? { KmsMasterKeyId: queue.kmsKey } : undefined),
  ...("QueueArn" in attributes ? { QueueArn: queueArn(account, queue) } : undefined),
  ...("RedrivePolicy" in attributes && queue.redrive !== undefined
    ? {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: queueArn(account, { name: queue.redrive.deadLetterQueue, region: queue.region }),
          maxReceiveCount: queue.redrive.maxReceiveCount
        })
      }
    : undefined)
})

const isAsked = ({ AttributeNames: names }: SqsOperation["input"], name: string): boolean =>
  Array.isArray(names) && (names.includes(name) || names.includes("All"))

/** The queue's policy, as AWS has it. */
const documentOf = (policy: ReadonlyArray<QueueStatement>, resource: string) => ({
  Version: "2012-10-17",
  Statement: policy.map(({ actions, principals, sourceAccount, sourceArns }) => ({
    Effect: "Allow",
    Principal: principals.includes(S3_SERVICE) ? { Service: S3_SERVICE } : { AWS: principals },
    Action: actions,
    Resource: resource,
    ...(sourceArns === undefined && sourceAccount === undefined
      ? undefined
      : {
          Condition: {
            ...(sourceArns === undefined ? undefined : { ArnLike: { "aws:SourceArn": sourceArns } }),
            ...(sourceAccount === undefined ? undefined : { StringEquals: { "aws:SourceAccount": sourceAccount } })
          }
        })
  }))
})
