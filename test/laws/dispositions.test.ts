/**
 * Every row of the table of what becomes of a message, reached by a fault over real HTTP: one daemon meets them all at once, and
 * what it asks of SQS for each message is seen on the wire.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Metric } from "effect"
import { gzipSync } from "node:zlib"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { s3Arn } from "../../src/demo/World.ts"
import * as metrics from "../../src/telemetry/metrics.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import * as Fault from "../faults/Fault.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import type { ProxiedRequest } from "../faults/ProxiedRequest.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import { isQueueEmpty } from "../support/hurry.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"
import { notificationOf } from "../support/pipeline.ts"

/** Someone else's bucket, that a forged notification names. */
const stranger = {
  id: "333333333333",
  users: [],
  roles: [],
  buckets: [{ name: "strangers-logs", region: "us-east-1" }],
  queues: []
}

/** The first wait of a message that is released with backoff. */
const BACKOFF = 20

/** One case of a row. **Shape** `mark` stands in the body of its message, and in the log lines about it. */
interface Row {
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

const announce = (bucket: string, key: string) => send(notificationOf({ bucket, key, region: "us-east-1" }))

const upload = (mark: string, bytes: Uint8Array = Buffer.from(`of ${mark}\n`)) =>
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

const rows: ReadonlyArray<Row> = [
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
    upload("bomb.gz", gzipSync(Buffer.alloc(32_000_000))),
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

/** What the daemon did to all of them. */
class Outcome extends Context.Service<
  Outcome,
  {
    readonly receipts: ReadonlyArray<Receipt>
    readonly messages: ReadonlyArray<string>
    readonly log: ReadonlyArray<Logged.LogLine>
    readonly requests: ReadonlyArray<ProxiedRequest>
    readonly skipped: ReadonlyArray<number>
  }
>()("s3beat/test/Outcome") {}

const skips = Effect.forEach(["test_event", "not_created", "filtered"] as const, (cause) =>
  Effect.map(Metric.value(metrics.nothingToShip(cause)), ({ count }) => count)
)

const outcome = Layer.effect(
  Outcome,
  Effect.gen(function* () {
    const proxy = yield* FaultProxy
    const output = yield* OutputMemory
    const { lines } = yield* Logged.Logged
    const requests: Array<ProxiedRequest> = []
    const before = yield* skips
    yield* proxy.setWatch((request) => requests.push(request))
    yield* proxy.setRules(rows.flatMap(({ rules = [] }) => rules))
    yield* output.reject((event) => event.includes("refuse me"))
    yield* Effect.forEach(rows, ({ given }) => given, { discard: true })
    const daemon = yield* World.start({ acceptsKey: (key) => key !== "left-out" })
    yield* World.until(
      "every message met its fate",
      Effect.sync(() => rows.every(({ mark }) => proxy.queue.receipts().some((receipt) => isSettled(mark, receipt))))
    )
    yield* daemon.drain
    return {
      receipts: proxy.queue.receipts(),
      messages: (yield* output.events).map((event): string => JSON.parse(event).message),
      log: yield* lines,
      requests,
      skipped: (yield* skips).map((count, i) => count - (before[i] ?? 0))
    }
  })
)

const isOf = (mark: string, { body }: Receipt) => body === mark || body.includes(`"${mark}"`)

/** Extensions keep a message for the length of a lease; whatever else is asked for it is its fate. */
const fatesOf = ({ asked }: Receipt): ReadonlyArray<"deleted" | number> =>
  asked.flatMap((wish) => (wish._tag === "Delete" ? "deleted" : wish.seconds === LEASE ? [] : wish.seconds))

const LEASE = Duration.toSeconds(World.visibilityTimeout)

const isSettled = (mark: string, receipt: Receipt) => isOf(mark, receipt) && fatesOf(receipt).length > 0

const world = World.layer({ accounts: [TwoAccounts.accountA, TwoAccounts.accountB, stranger] })

layer(outcome.pipe(Layer.provide(world), Layer.provide(Logged.layer)), { timeout: 60_000, excludeTestServices: true })(
  "what becomes of a message, over HTTP",
  (it) => {
    for (const { arrive, becomes, log, mark, row } of rows) {
      it.effect(`${row} (${mark})`, () =>
        Effect.gen(function* () {
          const seen = yield* Outcome
          const receipts = seen.receipts.filter((receipt) => isOf(mark, receipt))
          assert.deepStrictEqual(receipts.map(fatesOf), [[becomes]])
          assert.deepStrictEqual(
            seen.messages.filter((message) => message === `of ${mark}`),
            arrive
          )
          if (log === undefined) return
          const [level, text] = log
          const said = seen.log.filter((line) => line.level === level && line.text.includes(text))
          assert.isAbove(said.length, 0, `${level} says ${text}`)
        })
      )
    }

    it.effect("what is not to be read is counted by cause", () =>
      Effect.map(Outcome, ({ skipped }) => assert.deepStrictEqual(skipped, [1, 1, 1]))
    )

    it.effect("a body that was cut is asked for from its last byte, and only in the same content", () =>
      Effect.map(Outcome, ({ requests }) => {
        const resumed = requests.filter(
          ({ headers, resource }) => resource.endsWith("/cut-twice") && "range" in headers
        )
        assert.deepStrictEqual(
          resumed.map(({ headers }) => headers.range),
          ["bytes=3-", "bytes=7-"]
        )
        for (const { headers } of resumed) assert.match(headers["if-match"] ?? "", /^"[0-9a-f]{32}"$/u)
      })
    )

    it.effect("a throttled object is asked for six times in all", () =>
      Effect.map(Outcome, ({ requests }) =>
        assert.strictEqual(requests.filter(({ resource }) => resource.endsWith("/throttled")).length, 6)
      )
    )
  }
)

const alone = <E>(body: Effect.Effect<void, E, World.Services>) =>
  body.pipe(Effect.scoped, Effect.provide(Layer.provideMerge(World.layer(), Logged.layer)))

describe("what becomes of a message, over HTTP", () => {
  it.live("object gone, with onMissingObject: reject: released with backoff", () =>
    Effect.gen(function* () {
      const { queue } = yield* FaultProxy
      yield* announce(World.bucket, "gone")
      yield* World.start({ onMissingObject: "reject" })
      yield* World.until(
        "it is settled",
        Effect.sync(() => queue.receipts().some((receipt) => isSettled("gone", receipt)))
      )
      assert.deepStrictEqual(queue.receipts().map(fatesOf), [[BACKOFF]])
    }).pipe(alone)
  )

  it.live("shutdown: what is acked is deleted, the others are visible again at once", () =>
    Effect.gen(function* () {
      const { queue } = yield* FaultProxy
      const output = yield* OutputMemory
      const daemon = yield* World.start()
      yield* upload("acked")
      yield* World.until("it is deleted", isQueueEmpty)
      yield* output.pause
      yield* upload("stuck")
      yield* World.until(
        "it waits for its ack",
        Effect.map(output.publishing, (count) => count === 1)
      )
      yield* daemon.kill
      assert.deepStrictEqual(queue.receipts().map(fatesOf), [["deleted"], [0]])
      const aws = yield* EmbeddedAws
      assert.deepStrictEqual(yield* aws.queueDepth(TwoAccounts.arn.events), { ready: 1, inFlight: 0, delayed: 0 })
    }).pipe(alone)
  )
})
