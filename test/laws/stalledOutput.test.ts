/**
 * What an output that is down or slow does to messages: nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import * as Fault from "../faults/Fault.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import { isQueueEmpty } from "../support/hurry.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"

/** Three leases, and a little more. */
const LONG = Duration.sum(Duration.times(World.visibilityTimeout, 3), Duration.millis(500))

const law = <E>(name: string, body: Effect.Effect<void, E, World.Services>) =>
  it.live(name, () => body.pipe(Effect.scoped, Effect.provide(Layer.provideMerge(World.layer(), Logged.layer))), 60_000)

const uploadSome = Effect.forEach(
  Array.from({ length: 12 }, (_, i) => World.linesOf(`o${i}`, `one of ${i}`, `two of ${i}`)),
  World.upload,
  { discard: true }
)

/** Whether each wish for the message came while its lease was good: after it was handed over, and after each extension. */
const isHeldThroughout = ({ asked, at }: Receipt) =>
  asked.every((wish, i) => wish.at - (asked[i - 1]?.at ?? at) < Duration.toMillis(World.visibilityTimeout))

/** Every message was handed over once, none was held past its lease, and every event arrived once. */
const nothingTwice = Effect.gen(function* () {
  const { queue } = yield* FaultProxy
  const { duplicated, lost } = (yield* World.Books).verdict()
  assert.deepStrictEqual(
    { lost, duplicated, receipts: queue.receipts().length },
    { lost: 0, duplicated: 0, receipts: 12 }
  )
  assert.deepStrictEqual(
    queue.receipts().filter((receipt) => !isHeldThroughout(receipt)),
    []
  )
})

/** What SQS was just handing over is not promised to be given back; what was extended is held. */
const isHeld = ({ asked }: Receipt) => asked.length > 0

describe.concurrent("laws of a stalled output", () => {
  law(
    "output slow: stalled for three visibility timeouts, nothing is delivered twice",
    Effect.gen(function* () {
      const output = yield* OutputMemory
      yield* output.pause
      yield* World.start()
      yield* uploadSome
      yield* Effect.sleep(LONG)
      yield* output.resume
      yield* World.until("the queue is empty", isQueueEmpty)
      yield* nothingTwice
    })
  )

  law(
    "output down: refusing for three visibility timeouts, nothing is delivered twice",
    Effect.gen(function* () {
      const output = yield* OutputMemory
      yield* output.fail()
      yield* World.start()
      yield* uploadSome
      yield* Effect.sleep(LONG)
      yield* output.heal
      yield* World.until("the queue is empty", isQueueEmpty)
      yield* nothingTwice
    })
  )

  law(
    "the same when extensions fail at first: they are tried again while the lease lasts, and none is lost",
    Effect.gen(function* () {
      const output = yield* OutputMemory
      const { setRules } = yield* FaultProxy
      yield* output.pause
      yield* World.start()
      yield* uploadSome
      yield* setRules([{ on: { action: "sqs:ChangeMessageVisibility" }, fault: Fault.internalError, times: 2 }])
      yield* Effect.sleep(LONG)
      yield* output.resume
      yield* World.until("the queue is empty", isQueueEmpty)
      yield* nothingTwice
    })
  )

  law(
    "stopped while the output is stalled: every message is visible again at once, and nothing was lost",
    Effect.gen(function* () {
      const output = yield* OutputMemory
      const aws = yield* EmbeddedAws
      yield* output.pause
      const stopped = yield* World.start()
      yield* uploadSome
      const { queue } = yield* FaultProxy
      yield* World.until(
        "all are held",
        Effect.sync(() => queue.receipts().length === 12 && queue.receipts().every(isHeld))
      )
      yield* stopped.kill
      assert.strictEqual(queue.receipts().length, 12, "none is taken again by whoever gives it back")
      assert.deepStrictEqual(yield* aws.queueDepth(TwoAccounts.arn.events), { ready: 12, inFlight: 0, delayed: 0 })
      yield* output.resume
      yield* World.start()
      yield* World.until("the queue is empty", isQueueEmpty)
      const { duplicated, lost } = (yield* World.Books).verdict()
      assert.strictEqual(lost, 0)
      assert.isAtMost(duplicated, 2, "only what the output had in its hands, one object of two events, came again")
    })
  )
})
