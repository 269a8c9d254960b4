/**
 * The keys under `s3beat.deadLetter:`.
 */
import { Schema } from "effect"
import * as ByteCount from "./ByteCount.ts"
import * as ConfigKey from "./ConfigKey.ts"
import { QueueEntry } from "./QueueEntry.ts"
import { Text } from "./words.ts"

/** The keys under `s3beat.deadLetter:`. */
export const DeadLetterSection = Schema.Struct({
  queue: ConfigKey.optional(
    QueueEntry,
    "The queue to which rejected messages are sent when their own has no redrive policy, written as in sqsQueues; needs sqs:SendMessage."
  ),
  path: ConfigKey.optional(
    Text,
    "The directory where rejected messages and refused events are kept in dead-letters.ndjson; beside deadLetter.queue it takes the events, and what the queue does not take."
  ),
  maxKeptBytes: ConfigKey.withDefault(
    ByteCount.within({ minimum: ByteCount.MiB, maximum: ByteCount.TiB }),
    "1GiB",
    "How many bytes deadLetter.path may hold; then messages stay in their queues until some were sent back or removed, for nothing is overwritten."
  )
})
