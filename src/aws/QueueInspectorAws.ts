/**
 * What there is to know of a queue, over the AWS SDK.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient
} from "@aws-sdk/client-sqs"
import { Clock, Duration, Effect, Layer } from "effect"
import { type InspectedQueue, QueueInspector } from "../check/QueueInspector.ts"
import { Credentials } from "../credentials/Credentials.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { Unavailable } from "../domain/reasons.ts"
import { SqsSource, SqsSourceError } from "../source/SqsSource.ts"
import * as AwsClients from "./AwsClients.ts"
import { sqsFailure } from "./sqsFailure.ts"
import { type SqsOptions, toQueueMessage } from "./SqsSourceAws.ts"

/** A message that cannot be given back comes back by itself after this. */
const PEEK_VISIBILITY_SECONDS = 30

/** A poll without a wait asks only some of SQS's hosts, and may find nothing where something is. */
const PEEK_WAIT_SECONDS = 1

const ANSWER_LIMIT = Duration.seconds(10)

/** What SQS says to a rehearsal, once it has looked whether the caller may do the real thing. */
const rehearsalCodes = new Set([
  "ReceiptHandleIsInvalid",
  "InvalidParameterValue",
  "InvalidParameterValueException",
  "MessageNotInflight"
])

const make = Effect.fnUntraced(function* ({ endpoint }: SqsOptions) {
  const credentials = yield* Credentials
  const source = yield* SqsSource
  const clients = yield* AwsClients.make<SQSClient>({
    make: (config) =>
      new SQSClient({
        ...config,
        ...(endpoint === undefined ? undefined : { endpoint, useQueueUrlAsEndpoint: false })
      }),
    close: (client) => client.destroy()
  })

  const send = <A>(
    operation: SqsSourceError["operation"],
    queue: QueueRef,
    request: Parameters<typeof clients.call<A>>[2],
    whenRefused: (code: string) => Effect.Effect<A> | undefined = () => undefined
  ) =>
    clients.call(credentials.forQueue(queue), queue.region, request).pipe(
      Effect.catchTag("AwsFailure", (failure) => whenRefused(failure.code) ?? Effect.fail(failure)),
      Effect.mapError(sqsFailure),
      Effect.timeoutOrElse({
        duration: ANSWER_LIMIT,
        orElse: () => Effect.fail(new Unavailable({ detail: `no answer within ${Duration.format(ANSWER_LIMIT)}` }))
      }),
      Effect.mapError((reason) => new SqsSourceError({ queue: queue.name, operation, reason }))
    )

  const inspect = Effect.fn("QueueInspector.inspect")(function* (
    queue: QueueRef
  ): Effect.fn.Return<InspectedQueue, SqsSourceError> {
    const described = yield* source.describe(queue)
    if (described.attributesDenied) return described
    const command = new GetQueueAttributesCommand({
      QueueUrl: described.url,
      AttributeNames: ["QueueArn", "VisibilityTimeout", "Policy", "KmsMasterKeyId"]
    })
    const { Attributes: found = {} } = yield* send("describe", queue, (client, http) => client.send(command, http))
    return {
      ...described,
      attributes: {
        arn: found["QueueArn"] ?? "",
        visibilitySeconds: Number(found["VisibilityTimeout"]),
        ...(found["Policy"] === undefined ? undefined : { policy: found["Policy"] }),
        ...(found["KmsMasterKeyId"] === undefined ? undefined : { kmsKey: found["KmsMasterKeyId"] })
      }
    }
  })

  const giveBack = Effect.fnUntraced(function* (queue: QueueRef, url: string, { receiptHandle }: QueueMessage) {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: 0
    })
    yield* send("release", queue, (client, http) => client.send(command, http))
  })

  const peek = Effect.fn("QueueInspector.peek")(function* (queue: QueueRef) {
    const { url } = yield* source.describe(queue)
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 1,
      WaitTimeSeconds: PEEK_WAIT_SECONDS,
      VisibilityTimeout: PEEK_VISIBILITY_SECONDS,
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"]
    })
    const receive = Effect.gen(function* () {
      const { Messages = [] } = yield* send("receive", queue, (client, http) => client.send(command, http))
      const receivedAt = yield* Clock.currentTimeMillis
      return Messages.flatMap((message: Message) => toQueueMessage(message, queue, receivedAt))[0]
    })
    // What is received is given back even when nobody wants it any more.
    return yield* Effect.acquireUseRelease(receive, Effect.succeed, (message) =>
      message === undefined ? Effect.void : Effect.ignore(giveBack(queue, url, message))
    )
  })

  const rehearse: QueueInspector["Service"]["rehearse"] = Effect.fn("QueueInspector.rehearse")(
    function* (queue, operation) {
      const { url } = yield* source.describe(queue)
      const rehearsal = { QueueUrl: url, ReceiptHandle: "s3beat-check" }
      yield* send(
        operation,
        queue,
        (client, http): Promise<unknown> => {
          switch (operation) {
            case "delete":
              return client.send(new DeleteMessageCommand(rehearsal), http)
            case "release":
              return client.send(new ChangeMessageVisibilityCommand({ ...rehearsal, VisibilityTimeout: 0 }), http)
            case "send":
              return client.send(new SendMessageCommand({ QueueUrl: url, ...ofAnotherKind(queue) }), http)
          }
        },
        (code) => (rehearsalCodes.has(code) ? Effect.void : undefined)
      )
    }
  )

  return QueueInspector.of({ inspect, peek, rehearse })
})

/**
 * A message as the other kind of queue takes it, which SQS can refuse only when it knows the queue.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html: "MessageDeduplicationId
 * applies only to FIFO queues"; "When you set FifoQueue, you can't set DelaySeconds per message".
 */
const ofAnotherKind = ({ name }: QueueRef) => ({
  MessageBody: "s3beat check: may be deleted",
  ...(name.endsWith(".fifo")
    ? { MessageGroupId: "s3beat-check", MessageDeduplicationId: "s3beat-check", DelaySeconds: 1 }
    : { MessageDeduplicationId: "s3beat-check" })
})

/**
 * Queues, looked at as the identity that polls each.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
export const layer = (options: SqsOptions = {}): Layer.Layer<QueueInspector, never, Credentials | SqsSource> =>
  Layer.effect(QueueInspector, make(options))
