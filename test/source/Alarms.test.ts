import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Alarms from "../../src/source/Alarms.ts"
import { pass } from "../support/heldMessages.ts"
import { settled } from "../support/publisherWorld.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("Alarms", () => {
  it.effect.prop(
    "whenever alarms are set and called off, those that are not rings once each, in their time",
    {
      plans: Schema.Array(
        Schema.Struct({ set: between(0, 10), rings: between(0, 20), cancel: Schema.NullOr(between(0, 20)) })
      )
    },
    ({ plans }) =>
      Effect.gen(function* () {
        const alarms = yield* Alarms.make
        const rung: Array<readonly [plan: number, at: number]> = []
        const planned = yield* Effect.forkChild(
          Effect.forEach(
            plans,
            Effect.fnUntraced(function* ({ cancel, rings, set }, plan) {
              yield* Effect.sleep(10 * set)
              const ring = Effect.map(Clock.currentTimeMillis, (at) => void rung.push([plan, at]))
              const alarm = alarms.set(10 * rings, ring)
              if (cancel === null) return
              // In the middle between the times at which alarms ring.
              yield* Effect.sleep(10 * cancel + 5)
              yield* alarm.cancel
            }),
            { concurrency: "unbounded" }
          )
        )
        yield* settled
        yield* Effect.repeat(Effect.andThen(TestClock.adjust("5 millis"), settled), { times: 61 })
        yield* Fiber.join(planned)
        assert.sameDeepMembers(
          rung,
          plans.flatMap(({ cancel, rings, set }, plan) =>
            cancel !== null && cancel < rings ? [] : [[plan, 10 * (set + rings)] as const]
          )
        )
      }).pipe(Effect.scoped)
  )

  it.effect("one that rings is interrupted when it is called off, and waited for", () =>
    Effect.gen(function* () {
      const alarms = yield* Alarms.make
      const said: Array<string> = []
      const end = yield* Deferred.make<void>()
      const ring = Effect.onInterrupt(Effect.never, () =>
        Effect.andThen(
          Deferred.await(end),
          Effect.sync(() => said.push("ended"))
        )
      )
      const alarm = alarms.set(10, ring)
      yield* pass("20 millis", "10 millis")
      const cancelled = yield* Effect.forkChild(
        Effect.tap(alarm.cancel, () => Effect.sync(() => said.push("cancelled")))
      )
      yield* pass("20 millis", "10 millis")
      assert.deepStrictEqual(said, [])
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.join(cancelled)
      assert.deepStrictEqual(said, ["ended", "cancelled"])
    }).pipe(Effect.scoped)
  )
})
