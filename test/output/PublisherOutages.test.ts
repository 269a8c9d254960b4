import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Logged } from "../support/Logged.ts"
import { forkPublish, isWaiting, layerOf, memory, publish, settled } from "../support/publisherWorld.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

describe("Publisher: an output that is down", () => {
  it.effect("is tried again after 1, 2, 4 … at most 60 seconds, until it takes the batch, once", () =>
    Effect.gen(function* () {
      const { attempts, events, fail, heal } = yield* memory
      yield* fail()
      const fiber = yield* forkPublish("1")
      let expected = 1
      for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
        assert.strictEqual(yield* attempts, expected++)
        yield* TestClock.adjust(Duration.millis(seconds * 1000 - 1))
        assert.strictEqual(yield* attempts, expected - 1)
        yield* TestClock.adjust("1 millis")
      }
      assert.isTrue(isWaiting(fiber))
      yield* heal
      yield* TestClock.adjust("60 seconds")
      yield* Fiber.join(fiber)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* events, ["1"])
      assert.strictEqual(yield* attempts, expected + 1)
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("is said once, with the cause, and so is its return", () =>
    Effect.gen(function* () {
      const { lines } = yield* Logged
      const { fail } = yield* memory
      yield* fail(4)
      yield* whileTimePasses(Effect.all([publish("1"), publish("2")], { concurrency: "unbounded" }))
      assert.deepStrictEqual(yield* lines, [
        { level: "Warn", text: "Output memory is unavailable: the test says so. Events wait until it is back." },
        { level: "Info", text: "Output memory takes events again after 15s." }
      ])
      yield* publish("3")
      assert.lengthOf(yield* lines, 2)
      yield* fail(1)
      yield* whileTimePasses(publish("4"))
      assert.lengthOf(yield* lines, 4)
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("Publisher: interruption", () => {
  it.effect("a caller who is interrupted while he waits is not sent", () =>
    Effect.gen(function* () {
      const { events, pause, resume } = yield* memory
      yield* pause
      yield* forkPublish("in flight")
      const givenUp = yield* forkPublish("given up")
      const last = yield* forkPublish("last")
      yield* Fiber.interrupt(givenUp)
      yield* resume
      yield* Fiber.join(last)
      assert.deepStrictEqual(yield* events, ["in flight", "last"])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a caller who is interrupted while he waits is forgotten, and no longer fills a batch", () =>
    Effect.gen(function* () {
      const { attempts, pause } = yield* memory
      yield* pause
      yield* forkPublish("in flight")
      yield* Fiber.interrupt(yield* forkPublish("given up"))
      yield* forkPublish("still waits")
      assert.strictEqual(yield* attempts, 1)
    }).pipe(Effect.provide(layerOf({ maxEvents: 2 }, 2)))
  )

  it.effect("a caller who is interrupted while the output is down is not sent again, the others are", () =>
    Effect.gen(function* () {
      const { attempts, batches, fail, heal } = yield* memory
      yield* fail()
      const givenUp = yield* Effect.forkChild(publish("given up"))
      const other = yield* Effect.forkChild(publish("other"))
      yield* settled
      assert.strictEqual(yield* attempts, 1, "they go together")
      yield* Fiber.interrupt(givenUp)
      yield* heal
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(other)
      assert.deepStrictEqual(yield* batches, [["other"]])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a batch that nobody waits for any more is given up, and the next is served", () =>
    Effect.gen(function* () {
      const { events, fail, heal } = yield* memory
      yield* fail()
      const givenUp = yield* forkPublish("given up")
      yield* Fiber.interrupt(givenUp)
      const next = yield* forkPublish("next")
      yield* heal
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(next)
      assert.deepStrictEqual(yield* events, ["next"])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("closing the Layer interrupts all who wait, those in flight and those behind them", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layerOf(), scope)
      const [inFlight, behind] = yield* Effect.gen(function* () {
        yield* (yield* memory).pause
        return [yield* forkPublish("in flight"), yield* forkPublish("behind")] as const
      }).pipe(Effect.provide(context))
      yield* Scope.close(scope, Exit.void)
      for (const fiber of [inFlight, behind]) {
        const exit = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isFailure(exit) && Exit.hasInterrupts(exit))
      }
    })
  )
})
