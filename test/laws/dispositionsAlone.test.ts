/**
 * Rows of the table of what becomes of a message that need a daemon, or a time, of their own; over real HTTP as the others.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { roleArn } from "../../src/demo/World.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import { isQueueEmpty, makeHurry } from "../support/hurry.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"
import { announce, BACKOFF, upload } from "./dispositionRows.ts"
import { fatesOf, isSettled } from "./fates.ts"

const law = <E>(
  name: string,
  body: Effect.Effect<void, E, World.Services | Logged.Logged>,
  options: World.WorldOptions = {}
) =>
  it.live(
    name,
    () => body.pipe(Effect.scoped, Effect.provide(Layer.provideMerge(World.layer(options), Logged.layer))),
    40_000
  )

/** A role of A's that may read nothing. */
const blind = { ...TwoAccounts.reader, name: "s3beat-blind", policy: [] }
const withBlind = { ...TwoAccounts.accountA, roles: [...TwoAccounts.accountA.roles, blind] }

/** A clock that can be set, by which nothing is signed: AWS goes by its own. */
const settableClock = Effect.map(Clock.Clock, (clock) => {
  let offset = 0
  const now = () => clock.currentTimeMillisUnsafe() + offset
  const settable: Clock.Clock = Object.assign(Object.create(clock), {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now)
  })
  return { clock: settable, goOn: (by: Duration.Duration) => void (offset += Duration.toMillis(by)) }
})

describe.concurrent("what becomes of a message, over HTTP", () => {
  law(
    "object gone, with onMissingObject: reject: released with backoff",
    Effect.gen(function* () {
      const { queue } = yield* FaultProxy
      yield* announce(World.bucket, "gone")
      yield* World.start({ onMissingObject: "reject" })
      yield* World.until(
        "it is settled",
        Effect.sync(() => queue.receipts().some((receipt) => isSettled("gone", receipt)))
      )
      assert.deepStrictEqual(queue.receipts().map(fatesOf), [[BACKOFF]])
    })
  )

  law(
    "403 for the first of several roles: the next one reads the object, and the first one after it",
    Effect.gen(function* () {
      const { queue } = yield* FaultProxy
      const aws = yield* EmbeddedAws
      yield* World.start()
      for (const key of ["first", "second"]) {
        yield* upload(key)
        yield* World.until("it is deleted", isQueueEmpty)
      }
      assert.deepStrictEqual(queue.receipts().map(fatesOf), [["deleted"], ["deleted"]])
      const reads = (yield* aws.ledger).filter(({ action }) => action === "s3:GetObject")
      assert.deepStrictEqual(
        reads.map(
          ({ principal, resource }) => `${resource.split("/").at(-1)} ${/assumed-role\/([^/]+)/u.exec(principal)?.[1]}`
        ),
        ["first s3beat-blind", "first s3beat-reader", "second s3beat-reader"]
      )
    }),
    { accounts: [withBlind, TwoAccounts.accountB], roles: [roleArn(withBlind, blind), TwoAccounts.roleArns.reader] }
  )

  law(
    "rejected, with a redrive policy: released with backoff, and in the dead-letter queue in the end, with nothing lost",
    Effect.gen(function* () {
      const { queue } = yield* FaultProxy
      const aws = yield* EmbeddedAws
      const { name, region } = TwoAccounts.redriven
      yield* aws.sendMessage(TwoAccounts.arn.redriven, "unreadable")
      yield* World.start({ queues: [{ queue: { name, region }, hasRedrivePolicy: true }] })
      const hurry = yield* makeHurry(World.visibilityTimeout, name)
      yield* World.until(
        "it is in the dead-letter queue",
        Effect.andThen(
          hurry,
          Effect.map(aws.queueDepth(TwoAccounts.arn.deadLetters), ({ ready }) => ready === 1)
        )
      )
      assert.deepStrictEqual(queue.receipts().map(fatesOf), [[BACKOFF], [2 * BACKOFF]])
      const { lines } = yield* Logged.Logged
      const said = (yield* lines).filter(({ text }) => text.startsWith("NotificationUnreadable: "))
      assert.deepStrictEqual(
        said.map(({ level }) => level),
        ["Warn", "Warn"]
      )
    })
  )

  law(
    "output down until near the 12-hour ceiling: the message is visible again at once",
    Effect.gen(function* () {
      const { queue } = yield* FaultProxy
      const output = yield* OutputMemory
      const { clock, goOn } = yield* settableClock
      yield* output.pause
      yield* upload("stuck")
      yield* Effect.provideService(World.start(), Clock.Clock, clock)
      yield* World.until(
        "it waits for its ack",
        Effect.map(output.publishing, (count) => count === 1)
      )
      goOn(Duration.minutes(12 * 60 - 4))
      yield* World.until(
        "it is given back",
        Effect.sync(() => queue.receipts().some((receipt) => isSettled("stuck", receipt)))
      )
      assert.deepStrictEqual(queue.receipts().slice(0, 1).map(fatesOf), [[0]])
      const { lines } = yield* Logged.Logged
      assert.isTrue((yield* lines).some(({ level, text }) => level === "Warn" && text.includes("12 hours")))
      yield* output.resume
      yield* World.until("it comes back, and is deleted", isQueueEmpty)
      assert.strictEqual((yield* output.events).length > 0, true)
    })
  )

  law(
    "shutdown: what is acked is deleted, the others are visible again at once",
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
    })
  )
})
