/**
 * One message as SQS handed it over.
 */
import type { QueueRef } from "./QueueRef.ts"

/**
 * A received SQS message.
 *
 * **Shape** `receiptHandle` is good for this receipt only: a message that comes back has another. `receiveCount` is SQS's
 * ApproximateReceiveCount, 1 the first time. `attributes` are those that s3beat itself gave a message: the queues of
 * notifications have none.
 *
 * **Units** `sentAt` and `receivedAt` are milliseconds since the epoch; `receivedAt` is this machine's clock, and the start
 * of SQS's 12-hour ceiling on keeping a message invisible.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html
 */
export interface QueueMessage {
  readonly queue: QueueRef
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly receiveCount: number
  readonly sentAt: number
  readonly receivedAt: number
  readonly attributes?: Readonly<Record<string, string>>
}
