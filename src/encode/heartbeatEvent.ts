/**
 * The liveness event: what the beat says of itself, and not of any log.
 */
import type { EventBatch } from "../domain/EventBatch.ts"
import { type EventProfile, metadataOf } from "./eventTemplate.ts"

/** Who sends it, as in every event of this beat. */
export type HeartbeatSender = Pick<EventProfile, "beatName" | "version" | "fullyQualifiedBeatName">

/** Where in its life the beat is. */
export type HeartbeatStatus = "started" | "running" | "stopped"

/** In the words and codes by which LogRhythm's collector knows them. */
const statuses: { readonly [Status in HeartbeatStatus]: { readonly code: number; readonly description: string } } = {
  started: { code: 1, description: "Service started" },
  running: { code: 2, description: "Service is Running" },
  stopped: { code: 3, description: "Service is Stopped" }
}

/**
 * A batch of the one event.
 *
 * **Shape** LogRhythm's: `heartbeat` is a text that is itself JSON, beside `@timestamp` and `fullyqualifiedbeatname`; `@metadata`
 * is what Beats send with every event. There is no `_id`, as no record stands behind it, and nothing of the user's own.
 *
 * **Units** `at` is milliseconds since the epoch; `time.seconds` in the text is whole seconds of it. (LogRhythm's own beats
 * write nanoseconds there, under the name of seconds.)
 */
export const heartbeatEvent = (sender: HeartbeatSender, status: HeartbeatStatus, at: number): EventBatch => {
  const { beatName, fullyQualifiedBeatName, version } = sender
  const heartbeat = JSON.stringify({
    service_name: beatName,
    service_version: version,
    time: { seconds: Math.floor(at / 1000) },
    status: statuses[status]
  })
  const event = {
    "@timestamp": new Date(at).toISOString(),
    "@metadata": metadataOf(sender),
    heartbeat,
    fullyqualifiedbeatname: fullyQualifiedBeatName
  }
  const bytes = Buffer.from(`${JSON.stringify(event)}\n`)
  return { bytes, count: 1, ends: Uint32Array.of(bytes.byteLength) }
}
