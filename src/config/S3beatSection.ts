/**
 * The keys under `s3beat:`. Those that LogRhythm's own file has keep their names there.
 */
import { Result, Schema } from "effect"
import { isRegion, notARegion } from "./Arn.ts"
import * as BeatsDuration from "./BeatsDuration.ts"
import * as ByteCount from "./ByteCount.ts"
import * as ConfigKey from "./ConfigKey.ts"
import { DeadLetterSection } from "./DeadLetterSection.ts"
import { GoRegExp } from "./GoRegExp.ts"
import { oneOrMany } from "./oneOrMany.ts"
import { QueueEntry } from "./QueueEntry.ts"
import { RoleEntry } from "./RoleEntry.ts"
import { scalar, showText } from "./scalar.ts"
import { SessionDuration } from "./SessionDuration.ts"
import { Flag, oneOf, Secret, Text, wholeNumber } from "./words.ts"

/** LogRhythm's own limit. */
const BEAT_IDENTIFIER_LENGTH = 12

const BeatIdentifier = scalar(Schema.String, `1 to ${BEAT_IDENTIFIER_LENGTH} letters, digits, - and _`, (text) => {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return Result.fail(`${showText(text)} may hold only letters, digits, - and _`)
  return text.length <= BEAT_IDENTIFIER_LENGTH
    ? Result.succeed(text)
    : Result.fail(`${showText(text)} has ${text.length} characters; the maximum is ${BEAT_IDENTIFIER_LENGTH}`)
})

const Endpoint = scalar(Schema.String, "a URL", (text) =>
  /^https?:\/\/[^/]/.test(text) && URL.canParse(text)
    ? Result.succeed(text)
    : Result.fail(`${showText(text)} is no URL; write it as in http://127.0.0.1:4566`)
)

const Region = scalar(Schema.String, "a region such as us-east-1", (text) =>
  isRegion(text) ? Result.succeed(text) : Result.fail(notARegion(text))
)

/** A thread needs some 50 MB, so more than any machine has cores would only be a slip. */
const MAX_WORKERS = 256

const Workers = scalar(
  Schema.Union([Schema.Literal("auto"), Schema.Number]),
  `auto, or a whole number from 1 to ${MAX_WORKERS}`,
  (text) => {
    const count = /^\d{1,4}$/.test(text) ? Number(text) : undefined
    if (text === "auto") return Result.succeed("auto" as const)
    return count !== undefined && count >= 1 && count <= MAX_WORKERS
      ? Result.succeed(count)
      : Result.fail(`${showText(text)} is neither auto nor a whole number from 1 to ${MAX_WORKERS}`)
  }
)

const Multiline = Schema.Struct({
  pattern: ConfigKey.optional(
    GoRegExp,
    "Finds the lines that belong to one record, such as those of a stack trace, in line-based objects; without it every line is a record."
  ),
  negate: ConfigKey.withDefault(
    Flag,
    false,
    "Whether it is the lines that do not match the pattern that belong to another line; true when the pattern describes how a record begins."
  ),
  match: ConfigKey.withDefault(
    oneOf({ after: "after", before: "before" }),
    "after",
    "Whether those lines are joined to the line that they stand after, or to the one that they stand before."
  ),
  maxLines: ConfigKey.withDefault(
    wholeNumber({ minimum: 1, maximum: 100_000 }),
    500,
    "How many lines a record keeps; what goes beyond is cut off and the record marked, so raise it for longer traces."
  ),
  max_lines: ConfigKey.optional(wholeNumber({ minimum: 1, maximum: 100_000 }), "maxLines, as Beats spell it."),
  timeout: ConfigKey.unused("an object has an end, so no record is ever waited for")
})

const Traits = Schema.Struct({
  inclusion: ConfigKey.optional(
    GoRegExp,
    "Only objects whose key this finds are read, for buckets that hold more than logs; without it all are."
  ),
  exclusion: ConfigKey.optional(
    GoRegExp,
    "Objects whose key this finds are left out, even if inclusion finds them too; without it none are."
  )
})

const Batch = Schema.Struct({
  maxEvents: ConfigKey.withDefault(
    wholeNumber({ minimum: 1, maximum: 1_000_000 }),
    2048,
    "How many events go to the output at once; more make fewer and larger writes."
  ),
  maxBytes: ConfigKey.withDefault(
    ByteCount.within({ minimum: ByteCount.KiB, maximum: ByteCount.GiB }),
    "4MiB",
    "How many bytes of events go to the output at once, if maxEvents is not reached before."
  ),
  maxWait: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "0 seconds", maximum: "1 minute" }),
    "100ms",
    "How long a batch waits to be filled by the events of further objects; longer saves writes, shorter ships sooner."
  )
})

const Endpoints = Schema.Struct({
  s3: ConfigKey.optional(
    Endpoint,
    "Where S3 is, if not at AWS; for compatible services and emulators, such as http://127.0.0.1:4566."
  ),
  sqs: ConfigKey.optional(Endpoint, "Where SQS is, if not at AWS."),
  sts: ConfigKey.optional(Endpoint, "Where STS is, if not at AWS, or for a VPC endpoint of one's own."),
  s3PathStyle: ConfigKey.optional(
    Flag,
    "Whether the bucket is named in the path instead of the host; by itself true when endpoints.s3 is set, since most compatible services need it."
  )
})

/** The keys under `s3beat:`. */
export const S3beatSection = Schema.Struct({
  beatIdentifier: ConfigKey.required(
    BeatIdentifier,
    "Names this beat among several; its events carry s3beat_<beatIdentifier> as fullyqualifiedbeatname, by which LogRhythm knows it.",
    "prod"
  ),
  sqsQueues: ConfigKey.required(
    oneOrMany(QueueEntry).check(
      Schema.makeFilter((queues) =>
        queues.length === 0 ? "names no queue; write one as in cloudtrail-events:us-east-1" : undefined
      )
    ),
    "The queues that announce new objects, of any regions, each as queuename:region, as a queue URL or as a queue ARN.",
    "cloudtrail-events:us-east-1"
  ),
  awsFlag: ConfigKey.withDefault(
    Flag,
    false,
    "Whether s3beat runs inside AWS and uses the role of its machine, container or function; then no keys are needed."
  ),
  accessKeyID: ConfigKey.optional(
    Secret,
    "The access key of the base identity; with awsFlag false and without keys the SDK's default provider chain is asked (environment, profile, machine)."
  ),
  secretAccessKey: ConfigKey.optional(
    Secret,
    "The secret that belongs to accessKeyID; better as ${VAR}, from the keystore, than in the file."
  ),
  assumeRoleFlag: ConfigKey.withDefault(
    Flag,
    false,
    "Whether buckets are read through roles of other accounts; off, everything is done with the base identity."
  ),
  assumeRoleArn: ConfigKey.withDefault(
    oneOrMany(RoleEntry),
    [],
    "The roles to assume, as ARNs, or as mappings of arn with externalId, buckets and queues where several accounts are read."
  ),
  stsCredsExpirationTime: ConfigKey.withDefault(
    SessionDuration,
    "1h",
    "How long a session of an assumed role lives; at most the role's own maximum session duration, and renewed well before its end. A bare 1 to 12 counts hours here, as LogRhythm's form writes them."
  ),
  stsRegion: ConfigKey.optional(Region, "The region whose STS is asked; without it that of the first queue."),
  period: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "1 second", maximum: "1 hour" }),
    "10s",
    "How often an empty queue is asked: up to 20s as one long poll, the rest slept; a full one is asked again at once."
  ),
  multiline: ConfigKey.withDefault(Multiline, {}, "How lines are joined to records."),
  traits: ConfigKey.withDefault(Traits, {}, "Which objects are read, by regular expressions on their keys."),
  expandEventListFromField: ConfigKey.optional(
    Text,
    "The field of a JSON document whose list holds the records, such as Records; without it CloudTrail is recognised by itself."
  ),
  logsource_name: ConfigKey.optional(
    Text,
    "Becomes the device_type of every event, by which LogRhythm tells virtual log sources apart."
  ),
  eventProfile: ConfigKey.withDefault(
    oneOf({ ecs: "ecs", logrhythm: "logrhythm" }),
    "ecs",
    "Where the record stands in the event: ecs in message, with its place under log; logrhythm in log, where LogRhythm's pipelines look for it, with its place under record and without message."
  ),
  heartbeatdisabled: ConfigKey.withDefault(Flag, false, "Whether no liveness event is sent to the collector."),
  heartbeatinterval: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "1 second", maximum: "24 hours" }),
    "60s",
    "How often the liveness event is sent; shorter notices a dead beat sooner."
  ),
  onMissingObject: ConfigKey.withDefault(
    oneOf({ delete: "delete", reject: "reject" }),
    "delete",
    "What becomes of a message whose object is gone: deleted with a warning, or rejected, and so kept among the dead letters."
  ),
  deadLetter: ConfigKey.withDefault(
    DeadLetterSection,
    {},
    "Where goes what can never be shipped, until s3beat redrive sends it back."
  ),
  visibilityTimeout: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "30 seconds", maximum: "12 hours" }),
    "300s",
    "How long a received message is hidden from other consumers, renewed at half time; shorter brings the work of a crashed beat back sooner."
  ),
  shutdownTimeout: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "1 second", maximum: "12 hours" }),
    "30s",
    "How long messages in flight may take to finish after SIGTERM, before they are given back to their queue; keep it below the grace period of systemd or Kubernetes."
  ),
  workers: ConfigKey.withDefault(
    Workers,
    "auto",
    "How many pipelines run side by side, each on a core of its own; auto is one for every core that the process may use."
  ),
  maxInFlightMessages: ConfigKey.withDefault(
    wholeNumber({ minimum: 1, maximum: 10_000 }),
    1000,
    "How many messages are worked on at once at most, by all workers together; below that the number finds itself, by what S3 and the output take."
  ),
  maxBytesInFlight: ConfigKey.withDefault(
    ByteCount.within({ minimum: ByteCount.MiB, maximum: ByteCount.TiB }),
    "128MiB",
    "How many bytes of logs are held in memory at once, by all workers together, which bounds the process whatever the size of the objects."
  ),
  maxRecordBytes: ConfigKey.withDefault(
    ByteCount.within({ minimum: ByteCount.KiB, maximum: ByteCount.GiB }),
    "10MiB",
    "How long one record may be; a longer line is cut off and marked."
  ),
  maxObjectBytes: ConfigKey.withDefault(
    ByteCount.within({ minimum: ByteCount.MiB, maximum: ByteCount.PiB }),
    "64GiB",
    "How large an object may be once decompressed; a larger one is rejected. Size costs no memory, so this only stops what can be no log."
  ),
  // gzip cannot exceed 1032:1. Real logs are found at 5:1 to 50:1, a bomb of zeros at 1000:1.
  maxExpansionRatio: ConfigKey.withDefault(
    wholeNumber({ minimum: 2, maximum: 1_000_000 }),
    200,
    "How many times larger than its compressed form an object may become before it is taken for a decompression bomb and rejected; real logs stay below 50, so raise it only for files of one line repeated."
  ),
  batch: ConfigKey.withDefault(Batch, {}, "How the events of many small objects become one write."),
  endpoints: ConfigKey.withDefault(Endpoints, {}, "Services other than AWS.")
})
