import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type AssumeRoleRequest, Sts } from "../../src/credentials/Sts.ts"
import * as Memory from "../../src/testing/StsMemory.ts"

const roleArn = "arn:aws:iam::111111111111:role/logs"

const assume = (more: Partial<AssumeRoleRequest> = {}) =>
  Effect.flatMap(Sts, (sts) =>
    sts.assumeRole({ roleArn, sessionName: "s3beat-test", duration: Duration.hours(1), ...more })
  )

const refusal = (more?: Partial<AssumeRoleRequest>) =>
  Effect.map(Effect.flip(assume(more)), ({ reason }) => reason._tag)

const outcomes = Effect.flatMap(Memory.StsMemory, (sts) =>
  Effect.map(sts.calls(roleArn), (calls) => calls.map(({ outcome }) => outcome))
)

describe("StsMemory", () => {
  it.effect("a session lasts as long as was asked, from when it is given, and calls are kept in order", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.setLatency(Duration.seconds(3))
      const waiting = yield* Effect.forkChild(assume())
      yield* Effect.yieldNow
      assert.deepStrictEqual(yield* outcomes, [undefined])
      yield* TestClock.adjust("3 seconds")
      const keys = yield* Fiber.join(waiting)
      assert.strictEqual(keys.expiresAt, (yield* Clock.currentTimeMillis) + 3_600_000)
      const [call] = yield* sts.calls(roleArn)
      assert.strictEqual(call?.at, (yield* Clock.currentTimeMillis) - 3000)
      assert.deepStrictEqual(yield* outcomes, ["Granted"])
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a role refuses whom it does not trust, other external ids, and too long a session", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.setRole(roleArn, { isTrusting: false })
      assert.strictEqual(yield* refusal(), "AccessDenied")
      yield* sts.setRole(roleArn, { externalId: "shared", maxSessionDuration: Duration.hours(1) })
      assert.strictEqual(yield* refusal({ externalId: "other" }), "AccessDenied")
      assert.strictEqual(yield* refusal({ externalId: "shared", duration: Duration.minutes(61) }), "DurationTooLong")
      yield* assume({ externalId: "shared" })
      assert.deepStrictEqual(yield* outcomes, ["AccessDenied", "AccessDenied", "DurationTooLong", "Granted"])
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("it is down until it is healed", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.fail(Memory.Fault.Outage())
      assert.strictEqual(yield* refusal(), "Unavailable")
      yield* Effect.flip(Effect.flatMap(Sts, ({ callerIdentity }) => callerIdentity))
      yield* sts.heal
      yield* assume()
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("the share of the calls that fails is as wished, and the same ones for the same seed", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      const round = (seed: number) =>
        Effect.andThen(
          sts.fail(Memory.Fault.Sometimes({ share: 1 / 3, seed })),
          Effect.replicateEffect(Effect.isSuccess(assume()), 900)
        )
      const first = yield* round(7)
      const failures = first.filter((isGranted) => !isGranted).length
      assert.isAbove(failures, 250)
      assert.isBelow(failures, 350)
      assert.deepStrictEqual(yield* round(7), first)
      assert.notDeepEqual(yield* round(8), first)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("no answer is waited for until someone gives up", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.fail(Memory.Fault.NoAnswer())
      const waiting = yield* Effect.forkChild(assume())
      yield* TestClock.adjust("1 day")
      assert.isUndefined(waiting.pollUnsafe())
      yield* Fiber.interrupt(waiting)
      assert.deepStrictEqual(yield* outcomes, [undefined])
    }).pipe(Effect.provide(Memory.layer))
  )
})
