/**
 * Every row of the table of what becomes of a message, reached by a fault over real HTTP: one daemon meets them all at once, and
 * what it asks of SQS for each message is seen on the wire.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Metric } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as metrics from "../../src/telemetry/metrics.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import type { ProxiedRequest } from "../faults/ProxiedRequest.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import { isQueueEmpty } from "../support/hurry.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"
import { announce, BACKOFF, rows, upload } from "./dispositionRows.ts"

/** Someone else's bucket, that a forged notification names. */
const stranger = {
  id: "333333333333",
  users: [],
  roles: [],
  buckets: [{ name: "strangers-logs", region: "us-east-1" }],
  queues: []
}

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
