/**
 * What s3beat counts. Labels come from closed sets; a bucket or a key is never a label.
 *
 * Counted where it happens, per message, object or batch: never per record.
 */
import { Effect, Metric } from "effect"

/** Counts at once. */
export type Count = (metric: Metric.Counter<number> | Metric.Gauge<number>, change: number) => void

/** Counts in passing: for what is done for every object, to which an effect of its own would add its cost. */
export const counting = Effect.map(
  Effect.context<never>(),
  (context): Count =>
    (metric, change) =>
      metric.modifyUnsafe(change, context)
)

/** Messages that SQS handed over. */
export const messagesReceived = Metric.counter("s3beat_messages_received_total", {
  description: "Messages that SQS handed over.",
  incremental: true
})

/** Messages settled, by what became of them: `deleted`, `released`, `rejected`. */
export const messagesSettled = (outcome: "deleted" | "released" | "rejected") => settled[outcome]

const settledAs = (outcome: string) =>
  Metric.counter("s3beat_messages_settled_total", {
    description: "Messages settled, by what became of them.",
    incremental: true,
    attributes: { outcome }
  })

/** Made once, because every message is counted with one: to make one costs more than to count. */
const settled = {
  deleted: settledAs("deleted"),
  released: settledAs("released"),
  rejected: settledAs("rejected")
}

/** Messages taken and not yet settled. */
export const messagesInFlight = Metric.gauge("s3beat_messages_in_flight", {
  description: "Messages taken and not yet settled."
})

/**
 * Notifications that name nothing to read, by cause: `test_event`, `not_created`, `filtered`; objects that hold no record
 * count as `digest` (CloudTrail's own) or `empty`.
 */
export const nothingToShip = (cause: "test_event" | "not_created" | "filtered" | "digest" | "empty") =>
  Metric.withAttributes(
    Metric.counter("s3beat_objects_skipped_total", {
      description: "Objects and notifications that hold nothing to ship, by cause.",
      incremental: true
    }),
    { cause }
  )

/** Objects read to their end and acknowledged. */
export const objectsShipped = Metric.counter("s3beat_objects_shipped_total", {
  description: "Objects read to their end, every event acknowledged.",
  incremental: true
})

/** Failures by reason, one of the tags of `pipeline/disposition.ts`. */
export const failures = (reason: string) =>
  Metric.withAttributes(
    Metric.counter("s3beat_failures_total", {
      description: "Objects and messages that could not be shipped, by reason.",
      incremental: true
    }),
    { reason }
  )

/** Dead letters that were kept, by what they are. */
export const deadLetters = (kind: "message" | "event") =>
  Metric.withAttributes(
    Metric.counter("s3beat_dead_letters_total", {
      description: "Rejected messages and refused events that were kept among the dead letters.",
      incremental: true
    }),
    { kind }
  )

/** Events that the output acknowledged. */
export const eventsAcked = Metric.counter("s3beat_events_acked_total", {
  description: "Events that the output acknowledged.",
  incremental: true
})

/** Decompressed bytes of the records whose events were acknowledged. */
export const recordBytesAcked = Metric.counter("s3beat_records_bytes_total", {
  description: "Bytes of the records, decompressed, whose events were acknowledged.",
  incremental: true
})
