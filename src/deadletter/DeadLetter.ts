/**
 * What can never be shipped, with all that is needed to find out why and to send it back.
 */
import { Result, Schema } from "effect"
import type { QueueRef } from "../domain/QueueRef.ts"

const common = {
  at: Schema.String,
  reason: Schema.String,
  detail: Schema.String,
  queue: Schema.String,
  messageId: Schema.String,
  attempts: Schema.Number,
  object: Schema.optionalKey(Schema.String)
}

/** A message that was rejected: `body` as SQS handed it over. */
const RejectedMessage = Schema.Struct({ kind: Schema.Literal("message"), ...common, body: Schema.String })

/** An event that the output refused: `event` is its JSON, as it was published. */
const RefusedEvent = Schema.Struct({ kind: Schema.Literal("event"), ...common, event: Schema.String })

/**
 * A rejected message, or a refused event of one.
 *
 * **Shape** `at` is when it became one, in ISO 8601 and UTC. `reason` is a tag of `pipeline/disposition.ts`, `detail` its
 * sentence. `queue` is the origin, as `nameOf` writes it; `attempts` how often the message had been received; `object` a name
 * for people, where one is to blame.
 *
 * **Guarantee** The same message has the same `messageId` however often it is written, and the same event the same
 * `@metadata._id`: that is how a duplicate is known.
 */
export const DeadLetter = Schema.Union([RejectedMessage, RefusedEvent])

/** A dead letter. */
export type DeadLetter = typeof DeadLetter.Type

/** How a dead letter names a queue: `name:region`, as one writes it in `sqsQueues`. */
export const nameOf = ({ name, region }: QueueRef): string => `${name}:${region}`

/** The letter as one line of JSON, without its newline. */
export const toLine = (letter: DeadLetter): string => JSON.stringify(letter)

const decodeLine = Schema.decodeUnknownResult(Schema.fromJsonString(DeadLetter))

/** Reads a line; nothing when it is no dead letter, as when someone has edited it. */
export const fromLine = (line: string): DeadLetter | undefined => Result.getOrUndefined(decodeLine(line))
