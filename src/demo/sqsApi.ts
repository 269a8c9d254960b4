/**
 * SQS in its JSON protocol: who may do what with which queue, of which account; fauxqs keeps the messages.
 */
import { Effect, Predicate } from "effect"
import { accessDenied, AwsError } from "./AwsError.ts"
import type { Exchange } from "./Exchange.ts"
import { allows, matches } from "./policy.ts"
import { isAmong } from "./Principals.ts"
import { type Account, type Queue, queueArn } from "./World.ts"

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
  return { account, queue }
})

/** Where the front has the queue. */
export const publicUrl = (endpoint: string, { account, queue }: OwnedQueue): string =>
  `${endpoint}/${account.id}/${queue.name}`

/** The attributes of a queue, in the names of its own account. */
export const ownAttributes = (
  attributes: Readonly<Record<string, string>>,
  { account, queue }: OwnedQueue
): Readonly<Record<string, string>> => ({
  ...attributes,
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
