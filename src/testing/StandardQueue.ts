/**
 * A standard SQS queue as plain data and the rules of its messages' visibility, at a time that the caller tells.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
import { Latch } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { SQS_BATCH_SIZE, SQS_MAX_VISIBILITY_SECONDS } from "../source/SqsSource.ts"

/**
 * How a queue is set up.
 *
 * **Shape** With `attributesDenied` nobody may read its attributes, the redrive policy among them.
 */
export interface QueueOptions {
  readonly redrive?: { readonly deadLetterQueue: QueueRef; readonly maxReceiveCount: number }
  readonly attributesDenied?: boolean
}

/** A message in the queue. `receiptHandle` is of its latest receipt: the earlier ones are no longer good. */
export interface StoredMessage {
  readonly messageId: string
  readonly body: string
  readonly sentAt: number
  readonly attributes: Readonly<Record<string, string>>
  receiveCount: number
  receivedAt: number
  visibleAt: number
  receiptHandle: string | undefined
}

/** A queue. `changed` is to be released when a message may have become visible. */
export interface StandardQueue {
  readonly ref: QueueRef
  readonly options: QueueOptions
  readonly messages: Map<string, StoredMessage>
  readonly changed: Latch.Latch
}

/** An empty queue. */
export const make = (ref: QueueRef, options: QueueOptions): StandardQueue => ({
  ref,
  options,
  messages: new Map(),
  changed: Latch.makeUnsafe()
})

/** Stores a new message, or one that another queue gave up, visible from now on. */
export const put = (
  queue: StandardQueue,
  message: Pick<StoredMessage, "messageId" | "body" | "sentAt" | "attributes"> & { readonly receiveCount?: number },
  now: number
): void => {
  const { attributes, body, messageId, receiveCount = 0, sentAt } = message
  queue.messages.set(messageId, {
    messageId,
    body,
    sentAt,
    attributes,
    receiveCount,
    receivedAt: 0,
    visibleAt: now,
    receiptHandle: undefined
  })
}

/** Removes the visible messages that were received as often as the redrive policy allows: they are dead letters. */
export const takeDeadLetters = (queue: StandardQueue, now: number): ReadonlyArray<StoredMessage> => {
  const { maxReceiveCount = Infinity } = queue.options.redrive ?? {}
  const dead = visible(queue, now).filter(({ receiveCount }) => receiveCount >= maxReceiveCount)
  for (const { messageId } of dead) queue.messages.delete(messageId)
  return dead
}

/** Receives up to `max` visible messages, each with a new receipt handle. */
export const receive = (
  queue: StandardQueue,
  max: number,
  visibilityMillis: number,
  now: number
): ReadonlyArray<QueueMessage> =>
  visible(queue, now)
    .slice(0, Math.min(max, SQS_BATCH_SIZE))
    .map((stored) => {
      stored.receiveCount += 1
      stored.receivedAt = now
      stored.visibleAt = now + visibilityMillis
      const receiptHandle = `${stored.messageId}-receipt-${stored.receiveCount}`
      stored.receiptHandle = receiptHandle
      const { attributes, body, messageId, receiveCount, sentAt } = stored
      return { queue: queue.ref, messageId, receiptHandle, body, receiveCount, sentAt, receivedAt: now, attributes }
    })

/** Makes a message in flight visible `seconds` from now, or answers why not, in AWS's words. */
export const changeVisibility = (
  queue: StandardQueue,
  { messageId, receiptHandle }: QueueMessage,
  seconds: number,
  now: number
): string | undefined => {
  const stored = queue.messages.get(messageId)
  if (stored?.receiptHandle !== receiptHandle) return "ReceiptHandleIsInvalid"
  if (stored.visibleAt <= now) return "MessageNotInflight"
  if (now + seconds * 1000 > stored.receivedAt + SQS_MAX_VISIBILITY_SECONDS * 1000) return "InvalidParameterValue"
  stored.visibleAt = now + seconds * 1000
  return undefined
}

/** Deletes the message, and answers whether it was there. To its sender SQS says that all is well in any case. */
export const remove = (queue: StandardQueue, { messageId, receiptHandle }: QueueMessage): boolean =>
  queue.messages.get(messageId)?.receiptHandle === receiptHandle && queue.messages.delete(messageId)

/** The messages that can be received now. */
export const visible = (queue: StandardQueue, now: number): ReadonlyArray<StoredMessage> =>
  [...queue.messages.values()].filter(({ visibleAt }) => visibleAt <= now)

/** When the next message becomes visible by itself: never, if none is in flight. */
export const nextVisibleAt = (queue: StandardQueue): number =>
  Math.min(...[...queue.messages.values()].map(({ visibleAt }) => visibleAt))
