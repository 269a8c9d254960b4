/**
 * SQS over the AWS SDK.
 */
import { hash, randomUUID } from "node:crypto"
import type { BatchResultErrorEntry, Message } from "@aws-sdk/client-sqs"
import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import type { Scope } from "effect"
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
import { fromUnknown, noAnswer } from "./awsFailure.ts"
import * as Deadlines from "./Deadlines.ts"
import type { Operation as SqsOperation, SdkOutput } from "./sdkProtocol.ts"
import * as sqs from "./sqsOperations.ts"
import * as SqsRequests from "./SqsRequests.ts"
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
  const clock = yield* Clock.Clock
  const clients = yield* AwsClients.make<SqsRequests.SqsRequests>({
    make: (config) => SqsRequests.make({ ...config, ...clientConfig(options) }),
    close: (client) => client.close()
  })
  const urls = new Map<string, string>()
  const context = yield* Effect.context<Scope.Scope>()
  const deadlines = new Map<number, Deadlines.Deadlines>()

  /** Few limits are in use, each by many calls. Whoever is the first to need one lends it nothing, neither scope nor clock. */
  const deadlinesOf = (limit: Duration.Duration): Effect.Effect<Deadlines.Deadlines> =>
    Effect.suspend(() => {
      const millis = Duration.toMillis(limit)
      const known = deadlines.get(millis)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(Effect.provideContext(Deadlines.make(limit), context), (made) => {
        deadlines.set(millis, made)
        return made
      })
    })

  /** One request, sent once but for a token that has expired. */
  const send = <Input extends SqsRequests.OfQueue, Output extends SdkOutput>(
    operation: Operation,
    queue: QueueRef,
    limit: Duration.Duration,
    call: SqsOperation<Input, Output>,
    input: Input
  ): Effect.Effect<SqsRequests.OutputOf<Output>, SqsSourceError> =>
    Effect.flatMap(deadlinesOf(limit), (answers) =>
      clients.run(credentials.forQueue(queue), queue.region, (client, keys) =>
        Effect.suspend(() => {
          const exchange = client.exchange()
          return answers.within({
            try: () => client.call(exchange, call, input, keys, clock.currentTimeMillisUnsafe()),
            catch: fromUnknown,
            late: () => noAnswer(limit),
            giveUp: () => exchange.close()
          })
        })
      )
    ).pipe(Effect.mapError((failure) => failed(operation, queue)(sqsFailure(failure))))

  /** The URL that the user wrote or, asked for once, SQS names. */
  const urlOf = Effect.fnUntraced(function* (operation: Operation, queue: QueueRef) {
    const name = JSON.stringify([queue.region, queue.accountId, queue.name])
    const known = queue.url ?? urls.get(name)
    if (known !== undefined) return known
    const { QueueUrl: url } = yield* send(operation, queue, ANSWER_LIMIT, sqs.GetQueueUrl, {
      QueueName: queue.name,
      ...(queue.accountId === undefined ? undefined : { QueueOwnerAWSAccountId: queue.accountId })
    })
    if (url === undefined)
      return yield* failed(operation, queue)(new QueueMissing({ detail: "SQS names no URL for it" }))
    urls.set(name, url)
    return url
  })

  const describe = Effect.fn("SqsSource.describe")(function* (queue: QueueRef) {
    const url = yield* urlOf("describe", queue)
    const input = { QueueUrl: url, AttributeNames: ["RedrivePolicy" as const] }
    const known = { url, identity: credentials.forQueue(queue).name }
    return yield* send("describe", queue, ANSWER_LIMIT, sqs.GetQueueAttributes, input).pipe(
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
    const url = yield* urlOf("receive", queue)
    const limit = Duration.sum(wait, ANSWER_LIMIT)
    const { Messages = [] } = yield* send("receive", queue, limit, sqs.ReceiveMessage, {
      QueueUrl: url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: wholeSeconds(wait),
      VisibilityTimeout: wholeSeconds(visibilityTimeout),
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
      MessageAttributeNames: [`${ATTRIBUTE_PREFIX}*`]
    })
    const damaged = Messages.filter(isDamaged)
    if (damaged.length > 0) return yield* failed("receive", queue)(damage(damaged))
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
    const url = yield* urlOf(operation, queue)
    const { Failed } = yield* send(operation, queue, SETTLE_LIMIT, sqs.ChangeMessageVisibilityBatch, {
      QueueUrl: url,
      Entries: entries.map(({ message, visibility }, index) => ({
        Id: String(index),
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: wholeSeconds(visibility)
      }))
    })
    return toEntryFailures(
      Failed,
      entries.map(({ message }) => message)
    )
  })

  const deleteMessages = Effect.fn("SqsSource.delete")(function* (
    queue: QueueRef,
    messages: ReadonlyArray<QueueMessage>
  ) {
    const url = yield* urlOf("delete", queue)
    const { Failed } = yield* send("delete", queue, SETTLE_LIMIT, sqs.DeleteMessageBatch, {
      QueueUrl: url,
      Entries: messages.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }))
    })
    return toEntryFailures(Failed, messages)
  })

  const sendMessage: SqsSource["Service"]["send"] = Effect.fn("SqsSource.send")(function* (
    queue,
    { attributes = {}, body }
  ) {
    const url = yield* urlOf("send", queue)
    const { MD5OfMessageBody: md5 } = yield* send("send", queue, SETTLE_LIMIT, sqs.SendMessage, {
      QueueUrl: url,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }])
      ),
      ...(queue.name.endsWith(".fifo")
        ? { MessageGroupId: randomUUID(), MessageDeduplicationId: randomUUID() }
        : undefined)
    })
    if (md5 !== md5Of(body))
      return yield* failed("send", queue)(new Unavailable({ detail: "the message was damaged on its way" }))
  })

  return SqsSource.of({ describe, receive, extend, delete: deleteMessages, release, send: sendMessage })
})

const failed = (operation: Operation, queue: QueueRef) => (reason: SqsSourceError["reason"]) =>
  new SqsSourceError({ queue: queue.name, operation, reason })

const clientConfig = ({ endpoint }: SqsOptions) => ({
  ...(endpoint === undefined ? undefined : { endpoint, useQueueUrlAsEndpoint: false })
})

/** The digest that SQS sends with a body, and of a body that it was sent. */
const md5Of = (body: string): string => hash("md5", body)

const isDamaged = ({ Body = "", MD5OfBody }: Message): boolean => MD5OfBody !== md5Of(Body)

const damage = (messages: ReadonlyArray<Message>) =>
  new Unavailable({
    detail: `MD5 checksum mismatch of messages ${messages.map(({ MessageId }) => MessageId).join(", ")}`
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
