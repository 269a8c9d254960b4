import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Layer, Random, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Sts } from "../../src/credentials/Sts.ts"
import * as Memory from "../../src/testing/StsMemory.ts"
import { callCount, calls, idOf, open, pass, roleArn, settled } from "../support/stsSession.ts"

describe("StsSession", () => {
  it.effect("the first session is asked for at once, before anyone wants keys", () =>
    Effect.gen(function* () {
      yield* open("2 hours")
      yield* settled
      const [call, ...others] = yield* calls
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(call?.request, { roleArn, sessionName: "s3beat-test", duration: Duration.hours(2) })
    }).pipe(Effect.provide(Memory.layer))
  )

  for (const [duration, lead] of [
    ["15 minutes", Duration.minutes(3)],
    ["1 hour", Duration.minutes(5)],
    ["12 hours", Duration.minutes(5)]
  ] as const) {
    it.effect(
      `a session of ${duration} is renewed ${Duration.format(lead)} ahead, at most a quarter of that sooner`,
      () =>
        Effect.gen(function* () {
          const life = Duration.toMillis(duration)
          const leads: Array<number> = []
          for (let seed = 0; seed < 20; seed++) {
            const ahead = yield* Effect.gen(function* () {
              yield* open(duration)
              yield* pass(life, life / 900)
              const [first, second] = yield* calls
              return (first?.at ?? NaN) + life - (second?.at ?? NaN)
            }).pipe(Effect.scoped, Effect.provide(Memory.layer, { local: true }), Random.withSeed(`seed ${seed}`))
            assert.isAtLeast(ahead, Duration.toMillis(lead) - 1)
            assert.isAtMost(ahead, Duration.toMillis(lead) * 1.25 + 1)
            leads.push(ahead)
          }
          assert.isAbove(Math.max(...leads) - Math.min(...leads), Duration.toMillis(lead) * 0.1)
        })
    )
  }

  it.effect("a hundred who want keys at once cost one AssumeRole", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.setLatency(Duration.seconds(2))
      const session = yield* open()
      const users = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 100 }), () => session.keys, { concurrency: "unbounded" })
      )
      yield* pass("3 seconds", "500 millis")
      const keys = yield* Fiber.join(users)
      assert.strictEqual(new Set(keys.map(idOf)).size, 1)
      assert.strictEqual(yield* callCount, 1)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a hundred whose keys were called expired cost one AssumeRole, and all of them get the new keys", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      const session = yield* open()
      const old = yield* session.keys
      yield* sts.setLatency(Duration.seconds(2))
      const users = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 100 }), () => Effect.andThen(session.refresh(old), session.keys), {
          concurrency: "unbounded"
        })
      )
      yield* pass("3 seconds", "500 millis")
      const keys = yield* Fiber.join(users)
      assert.deepStrictEqual([...new Set(keys.map(idOf))], ["ASIAMEMORY2"])
      assert.strictEqual(yield* callCount, 2)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("keys that were replaced already cost no AssumeRole when they are called expired", () =>
    Effect.gen(function* () {
      const session = yield* open()
      const old = yield* session.keys
      yield* session.refresh(old)
      yield* session.refresh(old)
      assert.strictEqual(yield* callCount, 2)
      assert.strictEqual(idOf(yield* session.keys), "ASIAMEMORY2")
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a session that was renewed for someone is not renewed again by the retry that was due", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.fail(Memory.Fault.Outage())
      const session = yield* open()
      // Tries at 0, 1, 3, 7, 15 and 31 s, jittered: the next comes in some 30 s.
      yield* pass("40 seconds", "500 millis")
      yield* sts.heal
      yield* session.keys
      const before = yield* callCount
      yield* pass("2 minutes", "1 second")
      assert.strictEqual(yield* callCount, before)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("when the first who wants keys goes away, the others get them", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      const session = yield* open()
      const old = yield* session.keys
      yield* sts.setLatency(Duration.seconds(2))
      const first = yield* Effect.forkChild(session.refresh(old))
      yield* settled
      const others = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 3 }), () => session.refresh(old), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      yield* pass("2 seconds", "500 millis")
      yield* Fiber.join(others)
      assert.strictEqual(idOf(yield* session.keys), "ASIAMEMORY2")
      assert.strictEqual(yield* callCount, 2)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("no more calls once the scope is closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Effect.provideService(open("15 minutes"), Scope.Scope, scope)
      yield* pass("20 minutes")
      assert.strictEqual(yield* callCount, 2)
      yield* Scope.close(scope, Exit.void)
      yield* pass("3 hours")
      assert.strictEqual(yield* callCount, 2)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("whoever waits for STS when the scope closes, or asks later, does not wait for ever", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.fail(Memory.Fault.NoAnswer())
      const scope = yield* Scope.make()
      const session = yield* Effect.provideService(open(), Scope.Scope, scope)
      const early = yield* Effect.forkChild(session.keys)
      yield* settled
      yield* Scope.close(scope, Exit.void)
      const late = yield* Effect.forkChild(session.keys)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(early)))
      assert.isTrue(Exit.isFailure(yield* Fiber.await(late)))
      assert.strictEqual(yield* callCount, 1)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a session that is over before it begins, as a wrong clock sees it, does not make a storm of calls", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      let count = 0
      const behind = Layer.effect(
        Sts,
        Effect.map(Sts, (sts) => ({
          ...sts,
          assumeRole: (request) =>
            sts.assumeRole(request).pipe(
              Effect.tap(() => Deferred.succeed(asked, undefined)),
              Effect.flatMap((keys) =>
                Effect.map(Clock.currentTimeMillis, (now) => {
                  count++
                  return { ...keys, expiresAt: now - 1000 }
                })
              )
            )
        }))
      ).pipe(Layer.provide(Memory.layer))
      yield* Effect.gen(function* () {
        yield* open()
        yield* Deferred.await(asked)
        yield* pass("1 minute", "1 second")
        assert.isAtMost(count, 61)
      }).pipe(Effect.scoped, Effect.provide(behind))
    })
  )
})
