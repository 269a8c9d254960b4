/**
 * What went in against what came out, record by record.
 */
import type { SampleLog } from "./sampleLogs.ts"

/** A log, and the bucket that it was uploaded to. */
export interface UploadedLog extends SampleLog {
  readonly bucket: string
}

/** The sums of one kind of logs, or of one bucket. */
export interface LogTotals {
  readonly name: string
  readonly objects: number
  readonly records: number
  readonly events: number
}

/**
 * The outcome.
 *
 * **Shape** Heartbeats are events of the beat itself: counted apart, and in no other sum. `amiss` says in words what is not as it
 * should be; empty when everything is.
 */
export interface Proof {
  readonly kinds: ReadonlyArray<LogTotals>
  readonly buckets: ReadonlyArray<LogTotals>
  readonly recordsUploaded: number
  readonly eventsDelivered: number
  readonly distinctEvents: number
  readonly heartbeats: number
  readonly amiss: ReadonlyArray<string>
}

/** The part of an event that the proof looks at. */
interface DeliveredEvent {
  readonly "@metadata": { readonly _id: string }
  readonly message: string
  readonly log: { readonly offset: number }
  readonly aws: {
    readonly s3: { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } }
  }
}

/** Compares the uploaded logs with the events file, which is NDJSON. */
export const prove = (logs: ReadonlyArray<UploadedLog>, eventsFile: string): Proof => {
  const lines = eventsFile
    .split("\n")
    .filter((line) => line !== "")
    .map((line): DeliveredEvent | { readonly heartbeat: string } => JSON.parse(line))
  const events = lines.filter((line): line is DeliveredEvent => !("heartbeat" in line))
  const byObject = Map.groupBy(events, ({ aws: { s3 } }) => nameOf(s3.bucket.name, s3.object.key))
  const amiss: Array<string> = []
  const kinds = new Map<string, LogTotals>()
  const buckets = new Map<string, LogTotals>()

  for (const { bucket, key, kind, records } of logs) {
    const arrived = (byObject.get(nameOf(bucket, key)) ?? []).toSorted((a, b) => a.log.offset - b.log.offset)
    const differs = records.findIndex((record, i) => arrived[i]?.message !== record)
    if (differs >= 0 || arrived.length !== records.length) {
      amiss.push(
        `${bucket}/${key}: ${arrived.length} events of ${records.length} records${differs < 0 ? "" : `, record ${differs} differs`}`
      )
    }
    for (const [totals, name] of [
      [kinds, kind],
      [buckets, bucket]
    ] as const) {
      const { events, objects, records: before } = totals.get(name) ?? { objects: 0, records: 0, events: 0 }
      totals.set(name, {
        name,
        objects: objects + 1,
        records: before + records.length,
        events: events + arrived.length
      })
    }
  }

  const uploaded = new Set(logs.map(({ bucket, key }) => nameOf(bucket, key)))
  for (const [name, { length }] of byObject) {
    if (!uploaded.has(name)) amiss.push(`${length} events of an object that was not uploaded: ${name}`)
  }

  return {
    kinds: [...kinds.values()],
    buckets: [...buckets.values()],
    recordsUploaded: logs.reduce((sum, { records }) => sum + records.length, 0),
    eventsDelivered: events.length,
    distinctEvents: new Set(events.map((event) => event["@metadata"]._id)).size,
    heartbeats: lines.length - events.length,
    amiss
  }
}

const nameOf = (bucket: string, key: string): string => JSON.stringify([bucket, key])
