import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import { Output } from "../../src/output/Output.ts"
import { layer, OutputMemory } from "../../src/testing/OutputMemory.ts"
import * as contract from "../contract/outputContract.ts"
import { eventBatch, ndjsonOf } from "../support/eventBatch.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const readBack = Effect.flatMap(OutputMemory, ({ events }) => Effect.map(events, (texts) => ndjsonOf(...texts)))

contract.suite("in memory", layer(), readBack)
contract.suite("in memory, four batches at a time", layer({ concurrency: 4 }), readBack)

describe("OutputMemory", () => {
  it.effect("it is unavailable for as many attempts as the test says, and keeps nothing of them", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const memory = yield* OutputMemory
      yield* memory.fail(2)
      const error = yield* Effect.flip(output.publish([eventBatch("1")]))
      assert.strictEqual(error.reason._tag, "OutputUnavailable")
      yield* Effect.flip(output.publish([eventBatch("2")]))
      yield* output.publish([eventBatch("3")])
      assert.deepStrictEqual(yield* memory.events, ["3"])
      assert.strictEqual(yield* memory.attempts, 3)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("it is unavailable until it is healed", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const memory = yield* OutputMemory
      yield* memory.fail()
      yield* Effect.flip(output.publish([eventBatch("1")]))
      yield* memory.heal
      yield* output.publish([eventBatch("1")])
      assert.deepStrictEqual(yield* memory.batches, [["1"]])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("refused events are named by their index, and the others are kept", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const memory = yield* OutputMemory
      yield* memory.reject((event, index) => event === "b" || index === 3)
      const { reason } = yield* Effect.flip(output.publish([eventBatch("a", "b", "c", "d")]))
      assert.strictEqual(reason._tag, "EventsRejected")
      assert.deepStrictEqual(reason._tag === "EventsRejected" && reason.events.map(({ index }) => index), [1, 3])
      assert.deepStrictEqual(yield* memory.events, ["a", "c"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("while it is paused nothing is acknowledged", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const memory = yield* OutputMemory
      yield* memory.pause
      const fiber = yield* Effect.forkChild(output.publish([eventBatch("1")]))
      yield* Effect.yieldNow
      assert.strictEqual(yield* memory.publishing, 1)
      assert.deepStrictEqual(yield* memory.events, [])
      yield* memory.resume
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* memory.publishing, 0)
      assert.deepStrictEqual(yield* memory.events, ["1"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a batch takes its latency", () =>
    Effect.gen(function* () {
      const output = yield* Output
      yield* (yield* OutputMemory).setLatency(Duration.seconds(3))
      yield* whileTimePasses(output.publish([eventBatch("1")]))
      assert.isAtLeast(yield* Clock.currentTimeMillis, 3000)
    }).pipe(Effect.provide(layer()))
  )
})
