/**
 * SQS over the AWS SDK.
 */
import { randomUUID } from "node:crypto"
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient
} from "@aws-sdk/client-sqs"
import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import { Credentials } from "../credentials/Credentials.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { Unavailable } from "../domain/reasons.ts"
import {
  ATTRIBUTE_PREFIX,
  type EntryFailure,
  type QueueDescription,
  QueueMissing,
  SqsSource,
  SqsSourceError
} from "../source/SqsSource.ts"
import * as AwsClients from "./AwsClients.ts"
import { isEntryRetryable, sqsFailure } from "./sqsFailure.ts"

/** How long SQS may take to answer, beside the wait of a long poll. */
const ANSWER_LIMIT = Duration.seconds(10)

/** The same for what settles messages: a call that hangs leaves time for another one before the lease gives up. */
const SETTLE_LIMIT = Duration.seconds(3)

/**
 * How SQS is reached.
 *
 * **Shape** `endpoint` is a URL, for services that are compatible with SQS; every request goes there, whatever host the
 * queue's URL names.
 */
export interface SqsOptions {
  readonly endpoint?: string | undefined
}

type Operation = SqsSourceError["operation"]

const make = Effect.fnUntraced(function* (options: SqsOptions) {
  const credentials = yield* Credentials
  const clients = yield* AwsClients.make<SQSClient>({
    make: (config) => new SQSClient({ ...config, ...clientConfig(options) }),
    close: (client) => client.destroy()
  })
  const urls = new Map<string, string>()

  /** One request, sent once but for a token that has expired. */
  const send = <A>(
    operation: Operation,
    queue: QueueRef,
    limit: Duration.Duration,
    request: (client: SQSClient, options: { readonly abortSignal: AbortSignal }) => Promise<A>
  ): Effect.Effect<A, SqsSourceError> =>
    clients.call(credentials.forQueue(queue), queue.region, request).pipe(
      Effect.mapError(sqsFailure),
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () => Effect.fail(new Unavailable({ detail: `no answer within ${Duration.format(limit)}` }))
      }),
      Effect.mapError(failed(operation, queue))
    )

  /** The URL that the user wrote or, asked for once, SQS names. */
  const urlOf = Effect.fnUntraced(function* (operation: Operation, queue: QueueRef) {
    const name = JSON.stringify([queue.region, queue.accountId, queue.name])
    const known = queue.url ?? urls.get(name)
    if (known !== undefined) return known
    const command = new GetQueueUrlCommand({
      QueueName: queue.name,
      ...(queue.accountId === undefined ? undefined : { QueueOwnerAWSAccountId: queue.accountId })
    })
    const { QueueUrl: url } = yield* send(operation, queue, ANSWER_LIMIT, (client, http) => client.send(command, http))
    if (url === undefined)
      return yield* failed(operation, queue)(new QueueMissing({ detail: "SQS names no URL for it" }))
    urls.set(name, url)
    return url
  })

  const describe = Effect.fn("SqsSource.describe")(function* (queue: QueueRef) {
    const url = yield* urlOf("describe", queue)
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["RedrivePolicy"] })
    const known = { url, identity: credentials.forQueue(queue).name }
    return yield* send("describe", queue, ANSWER_LIMIT, (client, http) => client.send(command, http)).pipe(
      Effect.map(({ Attributes }): QueueDescription => {
        const redrive = decodeRedrivePolicy(Attributes?.["RedrivePolicy"])
        return {
          ...known,
          attributesDenied: false,
          ...(Option.isNone(redrive) ? undefined : { redrive: redrive.value })
        }
      }),
      Effect.catchIf(
        (error) => error.reason._tag === "AccessDenied",
        () => Effect.succeed<QueueDescription>({ ...known, attributesDenied: true })
      )
    )
  })

  const receive: SqsSource["Service"]["receive"] = Effect.fn("SqsSource.receive")(function* (
    queue,
    { max, visibilityTimeout, wait }
  ) {
    const command = new ReceiveMessageCommand({
      QueueUrl: yield* urlOf("receive", queue),
      MaxNumberOfMessages: max,
      WaitTimeSeconds: wholeSeconds(wait),
      VisibilityTimeout: wholeSeconds(visibilityTimeout),
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
      MessageAttributeNames: [`${ATTRIBUTE_PREFIX}*`]
    })
    const limit = Duration.sum(wait, ANSWER_LIMIT)
    const { Messages = [] } = yield* send("receive", queue, limit, (client, http) => client.send(command, http))
    const receivedAt = yield* Clock.currentTimeMillis
    return Messages.flatMap((message) => toQueueMessage(message, queue, receivedAt))
  })

  const extend: SqsSource["Service"]["extend"] = (queue, entries) =>
    changeVisibility(
      "extend",
      queue,
      entries.map(({ message, timeout }) => ({ message, visibility: timeout }))
    )

  const release: SqsSource["Service"]["release"] = (queue, entries) =>
    changeVisibility(
      "release",
      queue,
      entries.map(({ delay, message }) => ({ message, visibility: delay }))
    )

  const changeVisibility = Effect.fn("SqsSource.changeVisibility")(function* (
    operation: "extend" | "release",
    queue: QueueRef,
    entries: ReadonlyArray<{ readonly message: QueueMessage; readonly visibility: Duration.Duration }>
  ) {
    const command = new ChangeMessageVisibilityBatchCommand({
      QueueUrl: yield* urlOf(operation, queue),
      Entries: entries.map(({ message, visibility }, index) => ({
        Id: String(index),
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: wholeSeconds(visibility)
      }))
    })
    const { Failed } = yield* send(operation, queue, SETTLE_LIMIT, (client, http) => client.send(command, http))
    return toEntryFailures(
      Failed,
      entries.map(({ message }) => message)
    )
  })

  const deleteMessages = Effect.fn("SqsSource.delete")(function* (
    queue: QueueRef,
    messages: ReadonlyArray<QueueMessage>
  ) {
    const command = new DeleteMessageBatchCommand({
      QueueUrl: yield* urlOf("delete", queue),
      Entries: messages.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }))
    })
    const { Failed } = yield* send("delete", queue, SETTLE_LIMIT, (client, http) => client.send(command, http))
    return toEntryFailures(Failed, messages)
  })

  const sendMessage: SqsSource["Service"]["send"] = Effect.fn("SqsSource.send")(function* (
    queue,
    { attributes = {}, body }
  ) {
    const command = new SendMessageCommand({
      QueueUrl: yield* urlOf("send", queue),
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }])
      ),
      ...(queue.name.endsWith(".fifo")
        ? { MessageGroupId: randomUUID(), MessageDeduplicationId: randomUUID() }
        : undefined)
    })
    yield* send("send", queue, SETTLE_LIMIT, (client, http) => client.send(command, http))
  })

  return SqsSource.of({ describe, receive, extend, delete: deleteMessages, release, send: sendMessage })
})

const failed = (operation: Operation, queue: QueueRef) => (reason: SqsSourceError["reason"]) =>
  new SqsSourceError({ queue: queue.name, operation, reason })

const clientConfig = ({ endpoint }: SqsOptions) => ({
  ...(endpoint === undefined ? undefined : { endpoint, useQueueUrlAsEndpoint: false }),
  // A long poll keeps its socket: with a bound, many queues would keep deletes waiting.
  requestHandler: { httpAgent: { maxSockets: Infinity }, httpsAgent: { maxSockets: Infinity } }
})

/** SQS takes whole seconds; rounded up, so that nothing is visible before its time. */
const wholeSeconds = (duration: Duration.Duration) => Math.ceil(Duration.toSeconds(duration))

/** A message as SQS hands it over, in our words; none when SQS left out what it is known by. */
export const toQueueMessage = (message: Message, queue: QueueRef, receivedAt: number): ReadonlyArray<QueueMessage> => {
  const {
    Attributes,
    Body: body = "",
    MessageAttributes = {},
    MessageId: messageId,
    ReceiptHandle: receiptHandle
  } = message
  if (messageId === undefined || receiptHandle === undefined) return []
  const receiveCount = Number(Attributes?.ApproximateReceiveCount ?? 1)
  const sentAt = Number(Attributes?.SentTimestamp ?? receivedAt)
  const attributes = textsOf(MessageAttributes)
  return [{ queue, messageId, receiptHandle, body, receiveCount, sentAt, receivedAt, attributes }]
}

const textsOf = (attributes: NonNullable<Message["MessageAttributes"]>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(attributes).map(([name, { StringValue = "" }]) => [name, StringValue]))

/** Entries go by their index, because one message may be in a batch twice, with different receipt handles. */
const toEntryFailures = (
  failed: ReadonlyArray<BatchResultErrorEntry> = [],
  messages: ReadonlyArray<QueueMessage>
): ReadonlyArray<EntryFailure> =>
  failed.flatMap(({ Code: code = "Unknown", Id }) => {
    const message = messages[Number(Id)]
    return message === undefined ? [] : [{ messageId: message.messageId, code, isRetryable: isEntryRetryable(code) }]
  })

/** AWS writes the count as a number, and takes it as a string as well. */
const RedrivePolicy = Schema.fromJsonString(
  Schema.Struct({
    deadLetterTargetArn: Schema.String,
    maxReceiveCount: Schema.Union([Schema.Finite, Schema.FiniteFromString])
  })
)

const decodeRedrivePolicy = Schema.decodeUnknownOption(RedrivePolicy)

/**
 * SQS, polled as the identity that `Credentials` names for each queue.
 *
 * **Guarantee** One client per identity and region, closed with the Layer. Each call is one attempt, and one more when the
 * token had expired; what is tried again beyond that is up to the caller. Every answer is waited for within bounds.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export const layer = (options: SqsOptions = {}): Layer.Layer<SqsSource, never, Credentials> =>
  Layer.effect(SqsSource, make(options))
