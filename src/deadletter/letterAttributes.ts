/**
 * Dead letters as SQS messages: what goes back is the body, unchanged, and everything else an attribute.
 */
import type { QueueMessage } from "../domain/QueueMessage.ts"
import { ATTRIBUTE_PREFIX, SQS_MAX_MESSAGE_BYTES } from "../source/SqsSource.ts"
import type { DeadLetter } from "./DeadLetter.ts"

/** A message that is ready to be sent. */
export interface LetterMessage {
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
}

/** An attribute is for people and for sorting; longer than this it helps neither. */
const MAX_ATTRIBUTE_CHARACTERS = 1024

/** What a message is sent without, the first first, when its body leaves no room. */
const dispensable = ["detail", "object", "at", "messageId"] as const

/** The reason of a message that came into a dead-letter queue by its redrive policy: nobody has told one. */
export const UNKNOWN_REASON = "Unknown"

/**
 * The message that stands for a letter.
 *
 * **Guarantee** SQS takes it unless the body alone is too large: attributes are at most 8, never empty, and hold what XML
 * allows, everything else written as `\uXXXX`. In the JSON of an event such characters are escaped likewise, which changes
 * nothing of what it says.
 */
export const toMessage = (letter: DeadLetter): LetterMessage => {
  const { at, attempts, detail, kind, messageId, object = "", queue, reason } = letter
  const body = letter.kind === "event" ? escapeForXml(letter.event) : letter.body
  const attributes: Record<string, string> = {}
  const texts = { kind, reason, detail, attempts: String(attempts), queue, messageId, object, at }
  for (const [name, text] of Object.entries(texts)) {
    if (text !== "") attributes[`${ATTRIBUTE_PREFIX}${name}`] = attributeText(text)
  }
  for (const name of dispensable) {
    if (sizeOf({ body, attributes }) > SQS_MAX_MESSAGE_BYTES) delete attributes[`${ATTRIBUTE_PREFIX}${name}`]
  }
  return { body, attributes }
}

/** The letter that a message of a dead-letter queue stands for. `origin` is told for those that s3beat has not sent. */
export const fromMessage = ({ attributes = {}, body, ...message }: QueueMessage, origin: string): DeadLetter => {
  const told = (name: string) => attributes[`${ATTRIBUTE_PREFIX}${name}`]
  const object = told("object")
  const common = {
    at: told("at") ?? new Date(message.sentAt).toISOString(),
    reason: told("reason") ?? UNKNOWN_REASON,
    detail: told("detail") ?? "",
    queue: told("queue") ?? origin,
    messageId: told("messageId") ?? message.messageId,
    attempts: Number(told("attempts") ?? message.receiveCount),
    ...(object === undefined ? undefined : { object })
  }
  return told("kind") === "event" ? { kind: "event", ...common, event: body } : { kind: "message", ...common, body }
}

const attributeText = (text: string): string => {
  const escaped = escapeForXml(text)
  return escaped.length <= MAX_ATTRIBUTE_CHARACTERS
    ? escaped
    : `${escaped.slice(0, MAX_ATTRIBUTE_CHARACTERS - 1).replace(/[\ud800-\udbff]$/u, "")}…`
}

/** **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const escapeForXml = (text: string): string =>
  text.replace(
    /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

const sizeOf = ({ attributes, body }: LetterMessage): number =>
  Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + name.length + "String".length + Buffer.byteLength(value),
    Buffer.byteLength(body)
  )
