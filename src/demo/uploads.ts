/**
 * The logs of the demo, and how they come in: not all at once, but as a day's logs would, quicker.
 */
import { Duration, Effect } from "effect"
import { accountA } from "./accounts.ts"
import type { UploadedLog } from "./proof.ts"
import * as Pseudorandom from "./Pseudorandom.ts"
import { type Kind, type SampleLog, sampleLog } from "./sampleLogs.ts"
import type { Uploader } from "./Uploader.ts"

/** How many objects of each kind. */
const COUNTS: ReadonlyArray<readonly [Kind, number]> = [
  ["CloudTrail", 45],
  ["VPC flow", 30],
  ["ALB", 30],
  ["NDJSON", 30]
]

const SEED = 20_261_124

/** Uploads at a time. */
const CONCURRENCY = 4

/** The logs, kinds mixed, spread over account A's buckets. */
export const logs = (): ReadonlyArray<UploadedLog> => {
  const random = Pseudorandom.make(SEED)
  const all = COUNTS.flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => ({ log: sampleLog(kind, i, random), at: random.int(1_000_000) }))
  )
  return all.toSorted((a, b) => a.at - b.at).map(({ log }, i) => inBucket(log, i))
}

const inBucket = ({ bytes, key, kind, records }: SampleLog, i: number): UploadedLog => ({
  kind,
  key,
  bytes,
  records,
  bucket: accountA.buckets[i % accountA.buckets.length]?.name ?? ""
})

/** Uploads the logs evenly over a span of time, telling of each. */
export const uploadOver = (
  uploader: Uploader,
  all: ReadonlyArray<UploadedLog>,
  span: Duration.Duration,
  onUpload: (log: UploadedLog) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.forEach(
    all,
    (log, i) =>
      uploader.put(regionOf(log.bucket), log.bucket, log.key, log.bytes).pipe(
        // Each of the workers waits before its next one.
        Effect.delay(i < CONCURRENCY ? Duration.zero : Duration.times(span, CONCURRENCY / all.length)),
        Effect.andThen(onUpload(log))
      ),
    { concurrency: CONCURRENCY, discard: true }
  )

/** Where a bucket of account A is. */
export const regionOf = (name: string): string => accountA.buckets.find((bucket) => bucket.name === name)?.region ?? ""
