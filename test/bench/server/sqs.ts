/**
 * SQS in its JSON protocol, over one `Backlog`.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
import { createHash } from "node:crypto"
import type { Backlog, Received } from "./Backlog.ts"

/** The queue's name, and the account that has it. */
export const QUEUE = "bench-events"
export const ACCOUNT = "222222222222"

/** What a message tells. */
export type BodyOf = (index: number, sentAt: number) => string

/** What a call is answered with: an output, an error, or a wait until something may be there. */
export type Answer =
  | { readonly output: string }
  | { readonly code: string; readonly status: number }
  | { readonly waitUntil: number }

/** A call, and what it is about. **Units** Times in milliseconds since the epoch. */
export interface Call {
  readonly action: string
  readonly input: Readonly<Record<string, unknown>>
  readonly receivedAt: number
  readonly now: number
}

/** Answers one call. */
export const answer = (backlog: Backlog, bodyOf: BodyOf, endpoint: string, call: Call): Answer => {
  const { input, now } = call
  switch (call.action) {
    case "GetQueueUrl":
      return output({ QueueUrl: `${endpoint}/${ACCOUNT}/${QUEUE}` })
    case "GetQueueAttributes":
      return output({ Attributes: { RedrivePolicy: REDRIVE_POLICY } })
    case "ReceiveMessage":
      return receive(backlog, bodyOf, call)
    case "DeleteMessage":
      backlog.delete(String(input["ReceiptHandle"]), now)
      return output({})
    case "DeleteMessageBatch":
      return batch(input, ({ ReceiptHandle }) => {
        backlog.delete(String(ReceiptHandle), now)
        return true
      })
    case "ChangeMessageVisibility":
      return backlog.changeVisibility(String(input["ReceiptHandle"]), Number(input["VisibilityTimeout"]) * 1000, now)
        ? output({})
        : { status: 400, code: "MessageNotInflight" }
    case "ChangeMessageVisibilityBatch":
      return batch(input, ({ ReceiptHandle, VisibilityTimeout }) =>
        backlog.changeVisibility(String(ReceiptHandle), Number(VisibilityTimeout) * 1000, now)
      )
    default:
      return { status: 400, code: "InvalidAction" }
  }
}

/** So that the daemon has nothing to warn of. */
const REDRIVE_POLICY = JSON.stringify({
  deadLetterTargetArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QUEUE}-dlq`,
  maxReceiveCount: 10
})

const output = (value: object): Answer => ({ output: JSON.stringify(value) })

const receive = (backlog: Backlog, bodyOf: BodyOf, { input, now, receivedAt }: Call): Answer => {
  const visibility = Number(input["VisibilityTimeout"] ?? 30) * 1000
  const received = backlog.receive(Number(input["MaxNumberOfMessages"] ?? 1), visibility, now)
  if (received.length > 0) {
    return output({ Messages: received.map((message) => toMessage(message, bodyOf(message.index, message.sentAt))) })
  }
  const deadline = receivedAt + Number(input["WaitTimeSeconds"] ?? 0) * 1000
  return now >= deadline ? output({}) : { waitUntil: Math.min(deadline, backlog.nextAt(now) ?? deadline) }
}

/** What the SDK checks is the MD5 of the body. */
const toMessage = ({ index, receiptHandle, receiveCount, sentAt }: Received, body: string) => ({
  MessageId: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
  ReceiptHandle: receiptHandle,
  MD5OfBody: createHash("md5").update(body).digest("hex"),
  Body: body,
  Attributes: { SentTimestamp: String(sentAt), ApproximateReceiveCount: String(receiveCount) }
})

const batch = (input: Call["input"], apply: (entry: Readonly<Record<string, unknown>>) => boolean): Answer => {
  const entries = Array.isArray(input["Entries"]) ? input["Entries"] : []
  const [successful, failed]: [Array<object>, Array<object>] = [[], []]
  for (const entry of entries) {
    if (apply(entry)) successful.push({ Id: entry.Id })
    else failed.push({ Id: entry.Id, Code: "MessageNotInflight", SenderFault: true })
  }
  return output({ Successful: successful, ...(failed.length === 0 ? undefined : { Failed: failed }) })
}
