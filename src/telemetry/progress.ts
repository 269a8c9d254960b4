/**
 * The line that tells, now and then, that s3beat is alive and how fast it is.
 */
import { Clock, Duration, Effect, Metric, Schedule } from "effect"
import * as metrics from "./metrics.ts"

/** The totals since start. */
export interface Totals {
  readonly messagesReceived: number
  readonly messagesDeleted: number
  readonly messagesInFlight: number
  readonly objects: number
  readonly events: number
  readonly bytes: number
}

/** Reads the totals off the metrics. */
export const totals: Effect.Effect<Totals> = Effect.gen(function* () {
  return {
    messagesReceived: (yield* Metric.value(metrics.messagesReceived)).count,
    messagesDeleted: (yield* Metric.value(metrics.messagesSettled("deleted"))).count,
    messagesInFlight: (yield* Metric.value(metrics.messagesInFlight)).value,
    objects: (yield* Metric.value(metrics.objectsShipped)).count,
    events: (yield* Metric.value(metrics.eventsAcked)).count,
    bytes: (yield* Metric.value(metrics.recordBytesAcked)).count
  }
})

/** How often the line is logged. */
const INTERVAL = Duration.seconds(30)

/**
 * Logs what was shipped since the last line, for ever.
 *
 * **Units** MB/s are 10^6 bytes of decompressed records a second.
 */
export const report: Effect.Effect<never> = Effect.gen(function* () {
  let before = yield* totals
  let since = yield* Clock.currentTimeMillis
  yield* Effect.gen(function* () {
    const now = yield* totals
    const at = yield* Clock.currentTimeMillis
    const seconds = Math.max(at - since, 1) / 1000
    const megabytes = (now.bytes - before.bytes) / 1e6 / seconds
    yield* Effect.logInfo(
      `In ${seconds.toFixed(0)} s: ${now.messagesDeleted - before.messagesDeleted} messages, ` +
        `${now.objects - before.objects} objects, ${now.events - before.events} events, ` +
        `${megabytes.toFixed(1)} MB/s; ${now.messagesInFlight} messages in flight.`
    )
    before = now
    since = at
  }).pipe(Effect.delay(INTERVAL), Effect.repeat(Schedule.forever))
  return yield* Effect.never
})
