/**
 * The rows of the table of what becomes of a message, each with a fault that reaches it over real HTTP.
 */
import { gzipSync } from "node:zlib"
import { Effect } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { s3Arn } from "../../src/demo/World.ts"
import * as Fault from "../faults/Fault.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import * as World from "../support/lawWorld.ts"
import { notificationOf } from "../support/pipeline.ts"

/** The first wait of a message that is released with backoff. */
export const BACKOFF = 20

/** The largest object that the daemon takes. */
export const MAX_OBJECT_BYTES = 4_000_000

/** One case of a row. **Shape** `mark` stands in the body of its message, and in the log lines about it. */
export interface Row {
  readonly row: string
  readonly mark: string
  /** Sends the message, and what it announces. */
  readonly given: Effect.Effect<void, never, World.Services>
  readonly rules?: ReadonlyArray<Fault.Rule>
  /** The last wish for the message: its delete, or the seconds after which it is to be visible again. */
  readonly becomes: "deleted" | number
  /** The texts of the events that arrive. */
  readonly arrive: ReadonlyArray<string>
  readonly log?: readonly ["Warn" | "Error", string]
}

const send = (body: string) => Effect.flatMap(EmbeddedAws, (aws) => aws.sendMessage(TwoAccounts.arn.events, body))

/** Sends the notification of an object that need not be there. */
export const announce = (bucket: string, key: string) => send(notificationOf({ bucket, key, region: "us-east-1" }))

/** Uploads an object of one line, unless told, whose bucket announces it. */
export const upload = (mark: string, bytes: Uint8Array = Buffer.from(`of ${mark}\n`)) =>
  Effect.flatMap(EmbeddedAws, (aws) => Effect.asVoid(aws.putObject(World.bucket, mark, bytes)))

const onObject = (mark: string, fault: Fault.Fault, times = Infinity): Fault.Rule => ({
  on: { resource: s3Arn(World.bucket, mark) },
  fault,
  times
})

/** A row whose object is there, and cannot be read. */
const unreadable = (
  row: string,
  mark: string,
  rules: ReadonlyArray<Fault.Rule>,
  log: readonly ["Warn" | "Error", string]
): Row => ({ row, mark, given: upload(mark), rules, becomes: BACKOFF, arrive: [], log })

const passing = (row: string, mark: string, ...rules: ReadonlyArray<Fault.Rule>): Row => ({
  row,
  mark,
  given: upload(mark),
  rules,
  becomes: "deleted",
  arrive: [`of ${mark}`]
})

const rejected = (row: string, mark: string, given: Row["given"], reason: string, arrive: Row["arrive"] = []): Row => ({
  row,
  mark,
  given,
  becomes: BACKOFF,
  arrive,
  log: ["Error", `${reason}: `]
})

const nothingToRead = (mark: string, given: Row["given"]): Row => ({
  row: "s3:TestEvent, not ObjectCreated, filtered by key: deleted, counted by cause",
  mark,
  given,
  becomes: "deleted",
  arrive: []
})

/** All of them. */
export const rows: ReadonlyArray<Row> = [
  passing("every event acked: deleted", "acked"),

  nothingToRead("s3:TestEvent", send(JSON.stringify({ Event: "s3:TestEvent", Bucket: World.bucket }))),
  nothingToRead(
    "removed",
    send(
      notificationOf({ bucket: World.bucket, key: "removed", region: "us-east-1" }).replace(
        "Created:Put",
        "Removed:Delete"
      )
    )
  ),
  nothingToRead("left-out", upload("left-out")),

  rejected("body is no notification we know: rejected", "unreadable", send("unreadable"), "NotificationUnreadable"),

  {
    row: "object gone: deleted with a WARN",
    mark: "gone",
    given: Effect.andThen(
      upload("gone"),
      Effect.flatMap(EmbeddedAws, (aws) => aws.deleteObject(World.bucket, "gone"))
    ),
    becomes: "deleted",
    arrive: [],
    log: ["Warn", "ObjectMissing: "]
  },

  {
    row: "version gone: deleted with a WARN",
    mark: "version-gone",
    given: upload("version-gone"),
    rules: [onObject("version-gone", Fault.noSuchVersion)],
    becomes: "deleted",
    arrive: [],
    log: ["Warn", "ObjectMissing: "]
  },

  rejected("bucket unknown: rejected", "in-no-bucket", announce("no-such-bucket", "in-no-bucket"), "BucketMissing"),

  unreadable(
    "403: released with backoff, never deleted",
    "denied",
    [onObject("denied", Fault.accessDenied)],
    ["Error", "AccessDenied: "]
  ),
  unreadable(
    "KMS denied: released with backoff, never deleted",
    "kms-denied",
    [onObject("kms-denied", Fault.kmsDenied)],
    ["Error", "kms:Decrypt"]
  ),
  unreadable(
    "KMS key disabled: released with backoff, never deleted",
    "kms-off",
    [onObject("kms-off", Fault.kmsDisabled)],
    ["Error", "AccessDenied: "]
  ),
  {
    row: "bucket owner not as expected: released with backoff, never deleted",
    mark: "forged",
    given: announce("strangers-logs", "forged"),
    becomes: BACKOFF,
    arrive: [],
    log: ["Error", "AccessDenied: "]
  },

  passing(
    "session token expired: the session is refreshed once, and the object read",
    "expired-once",
    onObject("expired-once", Fault.expiredToken, 1)
  ),
  unreadable(
    "session token expired for good: released",
    "expired",
    [onObject("expired", Fault.expiredToken)],
    ["Warn", "CredentialsExpired: "]
  ),

  passing("throttled for a moment: retried in place", "throttled-once", onObject("throttled-once", Fault.slowDown, 2)),
  passing("5xx for a moment: retried in place", "broken-once", onObject("broken-once", Fault.internalError, 2)),
  passing("reset for a moment: retried in place", "reset-once", onObject("reset-once", Fault.drop, 2)),
  passing("TLS broken for a moment: retried in place", "tls-once", onObject("tls-once", Fault.breakTls, 2)),
  unreadable(
    "throttled on and on: released with backoff",
    "throttled",
    [onObject("throttled", Fault.slowDown)],
    ["Warn", "Unavailable: "]
  ),

  passing(
    "a Content-Length that is too short: the object is asked for again",
    "short-once",
    onObject("short-once", Fault.wrongLength(-3), 1)
  ),
  passing(
    "a Content-Length that is too long: the object is asked for again",
    "long-once",
    onObject("long-once", Fault.wrongLength(3), 1)
  ),

  passing(
    "body cut off midway: resumed from the last byte",
    "cut-twice",
    onObject("cut-twice", Fault.reset(3), 1),
    onObject("cut-twice", Fault.truncate(4), 1)
  ),
  unreadable(
    "body cut off midway, and not to be resumed: released",
    "cut",
    [onObject("cut", Fault.reset(3), 1), onObject("cut", Fault.drop)],
    ["Warn", "BodyInterrupted: "]
  ),

  rejected(
    "bad gzip: rejected",
    "bad.gz",
    upload("bad.gz", gzipSync("x".repeat(10_000)).subarray(0, 30)),
    "ObjectCorrupt"
  ),
  rejected(
    "JSON without the expected structure: rejected",
    "bad.json",
    upload("bad.json", Buffer.from('{"Records":[{]}')),
    "ObjectCorrupt"
  ),
  rejected(
    "over the expansion limit: rejected",
    "bomb.gz",
    upload("bomb.gz", gzipSync(Buffer.alloc(MAX_OBJECT_BYTES))),
    "ObjectTooLarge"
  ),
  rejected(
    "over the size limit: rejected",
    "large",
    upload("large", Buffer.alloc(MAX_OBJECT_BYTES + 1)),
    "ObjectTooLarge"
  ),
  rejected(
    "output refuses single events: the rest is acked",
    "mixed",
    upload("mixed", Buffer.from("of mixed\nrefuse me\n")),
    "EventsRejected",
    ["of mixed"]
  )
]
