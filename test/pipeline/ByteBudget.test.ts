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

  it.effect("a large demand is not overtaken for ever by small ones", () =>
    Effect.gen(function* () {
      const budget = yield* ByteBudget.make(100)
      const order: Array<string> = []
      const spend = (name: string, bytes: number, gate: Deferred.Deferred<void>) =>
        budget.spend(bytes)(
          Effect.andThen(
            Effect.sync(() => order.push(name)),
            Deferred.await(gate)
          )
        )
      const gates = yield* Effect.replicateEffect(Deferred.make<void>(), 3)
      const [first, second, open] = gates
      if (first === undefined || second === undefined || open === undefined) return assert.fail()
      yield* Deferred.succeed(open, undefined)
      yield* Effect.forkChild(spend("first", 50, first))
      yield* Effect.forkChild(spend("second", 50, second))
      yield* Effect.yieldNow
      const large = yield* Effect.forkChild(spend("large", 100, open))
      yield* Effect.yieldNow
      const small = yield* Effect.forkChild(spend("small", 1, open))
      yield* Deferred.succeed(first, undefined)
      yield* Effect.replicateEffect(Effect.yieldNow, 10)
      assert.deepStrictEqual(order, ["first", "second"], "what is free does not do for the one whose turn it is")
      yield* Deferred.succeed(second, undefined)
      yield* Fiber.join(large)
      yield* Fiber.join(small)
      assert.deepStrictEqual(order, ["first", "second", "large", "small"])
    })
  )

  it.effect("tells whether anyone has waited since it was asked", () =>
    Effect.gen(function* () {
      const budget = yield* ByteBudget.make(100)
      const gate = yield* Deferred.make<void>()
      yield* Effect.forkChild(budget.spend(100)(Deferred.await(gate)))
      yield* Effect.yieldNow
      assert.isFalse(budget.wasShort())
      const waiting = yield* Effect.forkChild(budget.spend(1)(Effect.void))
      yield* Effect.yieldNow
      assert.isTrue(budget.wasShort())
      assert.isTrue(budget.wasShort(), "it still waits")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(waiting)
      budget.wasShort()
      assert.isFalse(budget.wasShort())
    })
  )

  it.effect("whoever is interrupted while waiting takes nothing, and lets the next one go", () =>
    Effect.gen(function* () {
      const budget = yield* ByteBudget.make(100)
      const gate = yield* Deferred.make<void>()
      yield* Effect.forkChild(budget.spend(60)(Deferred.await(gate)))
      yield* Effect.yieldNow
      const large = yield* Effect.forkChild(budget.spend(100)(Effect.void))
      yield* Effect.yieldNow
      const small = yield* Effect.forkChild(budget.spend(40)(Effect.void))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(large)
      yield* Fiber.join(small)
      yield* Deferred.succeed(gate, undefined)
      yield* budget.spend(100)(Effect.void)
    })
  )
})
