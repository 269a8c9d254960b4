import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as ByteBudget from "../../src/pipeline/ByteBudget.ts"

describe("ByteBudget", () => {
  it.effect("what is in flight never exceeds the budget", () =>
    Effect.gen(function* () {
      const budget = yield* ByteBudget.make(100)
      let inFlight = 0
      let most = 0
      const spend = (bytes: number) =>
        budget.spend(bytes)(
          Effect.gen(function* () {
            inFlight += bytes
            most = Math.max(most, inFlight)
            yield* Effect.yieldNow
            inFlight -= bytes
          })
        )
      yield* Effect.all([60, 60, 40, 100, 1, 99, 30].map(spend), { concurrency: "unbounded", discard: true })
      assert.strictEqual(inFlight, 0)
      assert.isAtMost(most, 100)
      assert.isAtLeast(most, 100, "the budget is used")
    })
  )

  it.effect("a demand over the whole budget waits for all of it, and then runs", () =>
    Effect.gen(function* () {
      const budget = yield* ByteBudget.make(100)
      const gate = yield* Deferred.make<void>()
      const small = yield* Effect.forkChild(budget.spend(1)(Deferred.await(gate)))
      yield* Effect.yieldNow
      let ran = false
      const giant = yield* Effect.forkChild(budget.spend(1_000_000)(Effect.sync(() => (ran = true))))
      yield* Effect.yieldNow
      assert.isFalse(ran)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(small)
      yield* Fiber.join(giant)
      assert.isTrue(ran)
    })
  )
})
