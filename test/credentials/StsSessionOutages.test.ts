import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as Memory from "../../src/testing/StsMemory.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { callCount, calls, open, pass, roleArn } from "../support/stsSession.ts"

const minute = 60_000

const outage = Effect.flatMap(Memory.StsMemory, (sts) => sts.fail(Memory.Fault.Outage()))
const recovery = Effect.flatMap(Memory.StsMemory, (sts) => sts.heal)

/**
 * A day of someone who wants keys every few seconds. Keys with less than a minute to live, or none at all, are right only
 * when STS was asked just now, and failed.
 */
const day = Effect.fnUntraced(function* (minutes: number, share: number, seed: number) {
  const sts = yield* Memory.StsMemory
  yield* sts.fail(Memory.Fault.Sometimes({ share, seed }))
  const session = yield* open(Duration.minutes(minutes))
  const end = (yield* Clock.currentTimeMillis) + 24 * 60 * minute
  while ((yield* Clock.currentTimeMillis) < end) {
    yield* TestClock.adjust("7 seconds")
    const keys = yield* Effect.option(session.keys)
    const now = yield* Clock.currentTimeMillis
    if (keys._tag === "Some" && (keys.value.expiresAt ?? 0) - now >= minute) continue
    if (keys._tag === "Some") assert.isAbove(keys.value.expiresAt ?? 0, now, "expired keys were handed out")
    const last = (yield* calls).at(-1)
    assert.strictEqual(last?.outcome, "Unavailable")
    assert.isAtLeast(last?.at ?? 0, now - 1000)
  }
})

const arbitraryDay = (shares: fc.Arbitrary<number>) =>
  fc.record({ minutes: fc.constantFrom(15, 20, 60, 720), share: shares, seed: fc.nat() })

const lawOfTheDay = (shares: fc.Arbitrary<number>) =>
  checkProperty(
    arbitraryDay(shares),
    ({ minutes, seed, share }) =>
      day(minutes, share, seed).pipe(
        Effect.scoped,
        Effect.provide(Memory.layer, { local: true }),
        Effect.provide(TestClock.layer(), { local: true })
      ),
    { numRuns: 8 }
  )

describe("StsSession, when STS fails", () => {
  it.effect(
    "a day with STS failing a third of the time: nobody gets keys with less than a minute to live",
    () => lawOfTheDay(fc.constant(1 / 3)),
    60_000
  )

  it.effect(
    "a day with STS failing nearly always: nobody gets keys with less than a minute to live unless STS just failed",
    () => lawOfTheDay(fc.double({ min: 0.9, max: 0.99, noNaN: true })),
    60_000
  )

  it.effect("thirty minutes without STS within a session's life interrupt nobody", () =>
    Effect.gen(function* () {
      const session = yield* open("1 hour")
      const first = yield* session.keys
      yield* pass("29 minutes")
      yield* outage
      for (let i = 0; i < 30 * 12; i++) {
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* session.keys, first)
      }
      assert.isAbove(yield* callCount, 1)
      yield* recovery
      yield* pass("40 seconds")
      assert.notStrictEqual(yield* session.keys, first)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect(
    "beyond the session's end keys are unavailable, and there are new ones within a minute of STS's return",
    () =>
      Effect.gen(function* () {
        const session = yield* open("15 minutes")
        yield* session.keys
        yield* outage
        yield* pass("15 minutes")
        yield* pass("6 hours", "10 seconds")
        const error = yield* Effect.flip(session.keys)
        assert.strictEqual(error.reason._tag, "Unavailable")
        const before = yield* callCount
        yield* recovery
        yield* pass("1 minute", "1 second")
        assert.strictEqual(yield* callCount, before + 1)
        yield* session.keys
        assert.strictEqual(yield* callCount, before + 1)
      }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("STS that is down is asked once a second at most, however many want keys", () =>
    Effect.gen(function* () {
      yield* outage
      const session = yield* open()
      for (let i = 0; i < 100; i++) {
        yield* TestClock.adjust("100 millis")
        yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.flip(session.keys), { concurrency: "unbounded" })
      }
      // Ten seconds: one call a second for those who want keys, and the four of the renewal's own.
      assert.isAtMost(yield* callCount, 15)
      assert.isAtLeast(yield* callCount, 10)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a role that does not trust us yet is taken on once it does", () =>
    Effect.gen(function* () {
      const sts = yield* Memory.StsMemory
      yield* sts.setRole(roleArn, { isTrusting: false })
      const session = yield* open()
      const error = yield* Effect.flip(session.keys)
      assert.strictEqual(error.reason._tag, "AccessDenied")
      yield* pass("10 minutes")
      yield* sts.setRole(roleArn, {})
      yield* pass("1 minute")
      yield* session.keys
    }).pipe(Effect.provide(Memory.layer))
  )
})
