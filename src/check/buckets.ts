/**
 * Can the buckets be read, and as whom?
 */
import { Effect } from "effect"
import { Credentials, type Identity } from "../credentials/Credentials.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { partitionOfRegion, s3Arn } from "../policy/arns.ts"
import * as statements from "../policy/statements.ts"
import type { SqsSourceError } from "../source/SqsSource.ts"
import { BucketInspector, type BucketRef, type ListedBucket } from "./BucketInspector.ts"
import { type Denial, refusedToAll } from "./bucketRefusals.ts"
import { allowing, type Caller } from "./Caller.ts"
import type { Check } from "./Check.ts"
import { failed, ok, skipped, type Verdict, warning } from "./Finding.ts"
import { IDENTITY, roleName } from "./identities.ts"
import type { InspectedQueue } from "./QueueInspector.ts"

/** The name of the check of a bucket. */
export const bucketName = (bucket: string): string => `bucket ${bucket}`

/** A key that no bucket has: S3 tells only those who may read it that it is not there. */
const NO_SUCH_KEY = "s3beat-check/no-such-object"

/** S3 asks for no key where there is nothing to decrypt. */
const NOTHING_TO_DECRYPT = "it holds no object yet, so that encryption could not be tried"

/** What the checks of buckets are told. */
export interface BucketOptions {
  readonly caller: Effect.Effect<Caller>
  readonly acceptsKey: (key: string) => boolean
  /** Where the queues are. */
  readonly queueRegions: ReadonlyArray<string>
  /** The queues, one of which the bucket has to tell. */
  readonly queues: ReadonlyArray<Effect.Effect<InspectedQueue, SqsSourceError>>
  /** What must be well before S3 is asked in a region. */
  readonly needs: (region: string) => ReadonlyArray<string>
}

/** Makes the check of a bucket, and of the object that a message announced, if one did. */
export const bucketChecks = Effect.fnUntraced(function* (options: BucketOptions) {
  const credentials = yield* Credentials
  const inspector = yield* BucketInspector
  const { acceptsKey, caller } = options

  /** What opening an object of the bucket comes to; without one, opening none. */
  const open = Effect.fnUntraced(function* (bucket: BucketRef, object: ObjectRef | undefined, identity: Identity) {
    const ref = object ?? { bucket: bucket.name, key: NO_SUCH_KEY, region: bucket.region }
    yield* inspector.open(ref, identity).pipe(
      // Whoever may not read is not told: the object is gone, or never was.
      Effect.catchTag("ObjectMissing", () => Effect.void)
    )
  })

  /** As one identity: how the listing went, and that objects can be opened. */
  const readAs = Effect.fnUntraced(function* (bucket: BucketRef, seen: ObjectRef | undefined, identity: Identity) {
    const listed = yield* Effect.result(inspector.list(bucket, identity))
    const found = listed._tag === "Success" ? listed.success : undefined
    if (listed._tag === "Failure" && (seen === undefined || listed.failure._tag !== "AccessDenied")) {
      return yield* Effect.fail(listed.failure)
    }
    const region = found?.region ?? bucket.region
    const key = found?.keys.find(acceptsKey)
    const object = seen ?? (key === undefined ? undefined : { bucket: bucket.name, key, region })
    yield* open({ ...bucket, region }, object, identity)
    return { found, region, hasObject: object !== undefined }
  })

  const run = Effect.fnUntraced(function* (bucket: BucketRef, seen: ObjectRef | undefined) {
    const denials: Array<Denial> = []
    for (const identity of credentials.forBucket(bucket.name)) {
      const read = yield* Effect.result(readAs(bucket, seen, identity))
      if (read._tag === "Success") {
        yield* credentials.remember(bucket.name, identity)
        const { found, hasObject, region } = read.success
        return [
          ok([`readable as ${identity.name}`, whereIs(region), ...(hasObject ? [] : [NOTHING_TO_DECRYPT])].join("; ")),
          ...(found === undefined ? [mayNotList(bucket, identity, yield* caller)] : []),
          ...(seen === undefined ? [yield* told(bucket, found, identity)] : [])
        ]
      }
      denials.push({ identity, reason: read.failure })
      // What is no matter of permission is the same for everyone.
      if (read.failure._tag !== "AccessDenied") break
    }
    return [refusedToAll(bucket, seen, denials, yield* caller)]
  })

  const whereIs = (region: string): string =>
    options.queueRegions.includes(region)
      ? `in ${region}`
      : `in ${region}, where no queue is, so that only SNS or EventBridge can tell of its objects`

  /** Whether the bucket tells one of the queues of its objects. */
  const told = Effect.fnUntraced(function* (bucket: BucketRef, found: ListedBucket | undefined, identity: Identity) {
    const known = yield* Effect.forEach(options.queues, (queue) => Effect.option(queue))
    const arns = known.flatMap((queue) => (queue._tag === "Some" ? (queue.value.attributes?.arn ?? []) : []))
    const notified = yield* Effect.result(
      inspector.notified({ ...bucket, region: found?.region ?? bucket.region }, identity)
    )
    if (notified._tag === "Failure") {
      return skipped(
        "whom it tells of new objects may not be asked for (s3:GetBucketNotification, which s3beat does without)"
      )
    }
    const { hasOther, queueArns } = notified.success
    const ours = queueArns.find((arn) => arns.includes(arn))
    if (ours !== undefined) return ok(`tells ${ours} of new objects`)
    if (hasOther) return ok("tells of new objects through SNS or EventBridge")
    if (arns.length === 0 && queueArns.length > 0) {
      return skipped(`tells ${queueArns.join(", ")} of new objects; whether that is our queue may not be asked for`)
    }
    return silent(bucket, identity, arns, yield* caller)
  })

  return (bucket: BucketRef, seen?: ObjectRef): Check => {
    const roles = credentials.forBucket(bucket.name).filter(({ accountId }) => accountId !== undefined)
    return {
      name: bucketName(bucket.name),
      needs: [IDENTITY, ...options.needs(bucket.region)],
      needsOneOf: roles.map(({ name }) => roleName(name)),
      run: Effect.map(run(bucket, seen), (verdicts) => ({ verdicts }))
    }
  }
})

const mayNotList = ({ name, region }: BucketRef, identity: Identity, caller: Caller): Verdict =>
  warning(
    "may not be listed: S3 calls an object that is gone forbidden, and its message is never let go",
    "Let the identity list the bucket.",
    allowing(caller, identity, [statements.allow(["s3:ListBucket"], [s3Arn(partitionOfRegion(region), name)])])
  )

const silent = ({ name }: BucketRef, identity: Identity, queueArns: ReadonlyArray<string>, caller: Caller): Verdict => {
  const [QueueArn] = queueArns
  return failed(
    "tells none of the queues of new objects",
    "Let the bucket tell the queue in its own region; this replaces the notifications that the bucket has.",
    QueueArn === undefined
      ? []
      : [
          {
            to: "bucket notification",
            of: name,
            account: identity.accountId ?? caller.account,
            statement: { QueueConfigurations: [{ Id: "s3beat", QueueArn, Events: ["s3:ObjectCreated:*"] }] }
          }
        ]
  )
}
