/**
 * The logs of the demo, and how they come in: not all at once, but as a day's logs would, quicker.
 */
import { Duration, Effect } from "effect"
import { accountA, accountC } from "./accounts.ts"
import type { UploadedLog } from "./proof.ts"
import * as Pseudorandom from "./Pseudorandom.ts"
import { type Kind, type SampleLog, sampleLog } from "./sampleLogs.ts"
import type { Uploader } from "./Uploader.ts"
import type { Account } from "./World.ts"

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

/** The buckets that logs are uploaded to, and whose they are. */
const homes = [accountA, accountC].flatMap((account) => account.buckets.map((bucket) => ({ account, bucket })))

/** The logs, kinds mixed, spread over the buckets of A and C. */
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
  bucket: homes[i % homes.length]?.bucket.name ?? ""
})

/** Uploads the logs evenly over a span of time, each as its bucket's account, telling of each. */
export const uploadOver = (
  uploaderOf: (accountId: string) => Uploader,
  all: ReadonlyArray<UploadedLog>,
  span: Duration.Duration,
  onUpload: (log: UploadedLog) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.forEach(
    all,
    (log, i) =>
      uploaderOf(accountOf(log.bucket).id)
        .put(regionOf(log.bucket), log.bucket, log.key, log.bytes)
        .pipe(
          // Each of the workers waits before its next one.
          Effect.delay(i < CONCURRENCY ? Duration.zero : Duration.times(span, CONCURRENCY / all.length)),
          Effect.andThen(onUpload(log))
        ),
    { concurrency: CONCURRENCY, discard: true }
  )

const homeOf = (name: string) => homes.find(({ bucket }) => bucket.name === name)

/** Where a bucket is. */
export const regionOf = (name: string): string => homeOf(name)?.bucket.region ?? ""

/** Whose a bucket is. */
export const accountOf = (name: string): Account => homeOf(name)?.account ?? accountA
