/**
 * Every row of the table of what becomes of a message, reached by a fault over real HTTP: one daemon meets them all at once, and
 * what it asks of SQS for each message is seen on the wire.
 */
import { readFileSync } from "node:fs"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Metric } from "effect"
import * as metrics from "../../src/telemetry/metrics.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import type { ProxiedRequest } from "../faults/ProxiedRequest.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"
import * as Pipeline from "../support/pipeline.ts"
import { MAX_OBJECT_BYTES, rows } from "./dispositionRows.ts"
import { fatesOf, isOf, isSettled } from "./fates.ts"

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
    const daemon = yield* World.start({
      acceptsKey: (key) => key !== "left-out",
      decode: { ...Pipeline.decode, maxObjectBytes: MAX_OBJECT_BYTES }
    })
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

const readme = readFileSync("README.md", "utf8")

/** Reached by a stalled output in `stalledOutput.test.ts`, and by dead letters in `deadLettersOverHttp.test.ts`. */
const ofDestinations = new Set(["OutputUnavailable", "DestinationUnavailable"])

const world = World.layer({ accounts: [TwoAccounts.accountA, TwoAccounts.accountB, TwoAccounts.stranger] })

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

    it.effect("every reason of the README's table that concerns objects and messages is met", () =>
      Effect.map(Outcome, ({ log }) => {
        const reasons = readme.matchAll(/^\|[^|]+\| `([A-Z]\w+)` \|/gmu)
        for (const [, reason = ""] of reasons) {
          if (ofDestinations.has(reason)) continue
          assert.isTrue(
            log.some(({ text }) => text.startsWith(`${reason}: `)),
            reason
          )
        }
      })
    )

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
