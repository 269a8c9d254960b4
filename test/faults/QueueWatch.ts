/**
 * What SQS and s3beat say to each other, seen from between them: who was handed which message, and what became of it.
 */
import { Predicate } from "effect"
import type { Act } from "./Fault.ts"
import type { UpstreamAnswer } from "./forward.ts"
import type { ProxiedRequest } from "./ProxiedRequest.ts"

/** One handing over of a message. **Units** times in milliseconds since the epoch. */
export interface Receipt {
  readonly messageId: string
  readonly handle: string
  readonly body: string
  readonly at: number
  /** What s3beat asked for it, in order: its last one is what became of it. */
  readonly asked: ReadonlyArray<Settlement>
  /** When SQS said that the handle is no longer good. */
  readonly refusedAt: number | undefined
}

/** A wish of s3beat's. **Units** `seconds` for which the message is to stay invisible. */
export type Settlement =
  | { readonly _tag: "Delete"; readonly at: number }
  | { readonly _tag: "ChangeVisibility"; readonly seconds: number; readonly at: number }

/** The conversation so far. */
export interface QueueWatch {
  /** Every handing over, in order. */
  readonly receipts: () => ReadonlyArray<Receipt>
  /** Called with each receipt that s3beat wants deleted, when it asks for it. */
  readonly onDelete: (callback: (receipt: Receipt) => void) => void

  /** For the proxy: a request goes to SQS. */
  readonly asked: (request: ProxiedRequest) => void
  /** For the proxy: SQS answered, and this is done to the answer. What it returns is shown to s3beat. */
  readonly answered: (request: ProxiedRequest, answer: UpstreamAnswer, act: Act | undefined) => Buffer
  /** For the proxy: the answer to a batch of which no receipt handle is good any more. */
  readonly forgotten: (request: ProxiedRequest) => unknown
}

interface Kept extends Receipt {
  readonly asked: Array<Settlement>
  refusedAt: number | undefined
}

/** **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html#API_DeleteMessage_Errors */
const REFUSED = "ReceiptHandleIsInvalid"

const nobodyAsks = () => {}

/** A watch that has seen nothing. */
export const makeQueueWatch = (): QueueWatch => {
  const receipts: Array<Kept> = []
  const byHandle = new Map<string, Kept>()
  let again: ReadonlyArray<Record<string, unknown>> = []
  let onDelete: (receipt: Receipt) => void = nobodyAsks

  const note = (message: Record<string, unknown>) => {
    const handle = String(message["ReceiptHandle"])
    const receipt: Kept = {
      messageId: String(message["MessageId"]),
      handle,
      body: String(message["Body"]),
      at: Date.now(),
      asked: byHandle.get(handle)?.asked ?? [],
      refusedAt: undefined
    }
    receipts.push(receipt)
    byHandle.set(handle, receipt)
  }

  const noteWish = (call: string, entry: Record<string, unknown>) => {
    const receipt = byHandle.get(String(entry["ReceiptHandle"]))
    if (receipt === undefined) return
    const at = Date.now()
    if (call === "DeleteMessageBatch") {
      receipt.asked.push({ _tag: "Delete", at })
      onDelete(receipt)
    } else {
      receipt.asked.push({ _tag: "ChangeVisibility", seconds: Number(entry["VisibilityTimeout"]), at })
    }
  }

  const noteRefusals = (request: ProxiedRequest, body: Buffer) => {
    const refused = new Set(
      listAt(JSON.parse(body.toString()), "Failed").flatMap(({ Id, SenderFault }) => (SenderFault === true ? Id : []))
    )
    for (const entry of listAt(request.input, "Entries")) {
      const receipt = byHandle.get(String(entry["ReceiptHandle"]))
      if (receipt !== undefined && refused.has(entry["Id"])) receipt.refusedAt ??= Date.now()
    }
  }

  return {
    receipts: () => receipts,
    onDelete: (callback) => void (onDelete = callback),

    asked: ({ call, input }) => {
      if (isSettlement(call)) for (const entry of listAt(input, "Entries")) noteWish(call, entry)
    },
    answered: (request, { body, status }, act) => {
      if (status !== 200) return body
      // Of an answer that is spoilt s3beat may never hear.
      if (isSettlement(request.call) && act === undefined) noteRefusals(request, body)
      if (request.call !== "ReceiveMessage") return body
      const answer: unknown = JSON.parse(body.toString())
      const messages = listAt(answer, "Messages")
      const room = Number(request.input["MaxNumberOfMessages"] ?? 1) - messages.length
      const repeated = again.slice(0, Math.max(0, room))
      again = act?._tag === "DeliverTwice" ? messages : again.slice(repeated.length)
      const all = [...messages, ...repeated]
      all.forEach(note)
      return repeated.length === 0 ? body : Buffer.from(JSON.stringify({ Messages: all }))
    },
    forgotten: ({ input }) => ({
      Successful: [],
      Failed: listAt(input, "Entries").map((entry) => {
        const receipt = byHandle.get(String(entry["ReceiptHandle"]))
        if (receipt !== undefined) receipt.refusedAt ??= Date.now()
        return { Id: entry["Id"], Code: REFUSED, SenderFault: true, Message: "a fault of this test" }
      })
    })
  }
}

const isSettlement = (call: string): boolean => call === "DeleteMessageBatch" || call === "ChangeMessageVisibilityBatch"

const listAt = (value: unknown, key: string): ReadonlyArray<Record<string, unknown>> => {
  const list = Predicate.hasProperty(value, key) ? value[key] : undefined
  return Array.isArray(list) ? list.filter(Predicate.isObject) : []
}
