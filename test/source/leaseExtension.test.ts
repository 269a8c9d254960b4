import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber } from "effect"
import { AccessDenied, Unavailable } from "../../src/domain/reasons.ts"
import { Lease, Release } from "../../src/source/Lease.ts"
import { CEILING_MARGIN } from "../../src/source/LeaseBatching.ts"
import { SQS_MAX_VISIBILITY_SECONDS, SqsSource } from "../../src/source/SqsSource.ts"
import { Fault, SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import { layer, layerWith, pass, queue, receiveNew, receiveNow, receiveOne } from "../support/heldMessages.ts"
import { Logged } from "../support/Logged.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const unavailable = new Unavailable({ detail: "ServiceUnavailable (HTTP 503)" })

describe("Lease, extending", () => {
  it.effect("a message is extended at half the timeout until its work ends, and not one moment longer", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const work = yield* Deferred.make<void>()
      const held = yield* Effect.forkChild(lease.hold(message, Deferred.await(work)))
      for (let second = 0; second < 100; second++) {
        yield* pass("1 second")
        assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 1 })
      }
      const calls = yield* memory.calls("extend")
      assert.deepStrictEqual(
        calls.map(({ at, seconds: [seconds] }) => [Math.round(at / 1000), seconds]),
        [15, 30, 45, 60, 75, 90].map((at) => [at, 30])
      )
      yield* Deferred.succeed(work, undefined)
      yield* pass("5 minutes", "1 second")
      assert.strictEqual((yield* memory.calls("extend")).length, 6)
      assert.strictEqual((yield* memory.deleted).length, 1)
      yield* Fiber.join(held)
    }).pipe(Effect.provide(layer))
  )

  it.effect("ten thousand messages are extended in a thousand calls", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = yield* receiveNew(10_000)
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.never), { concurrency: "unbounded" })
      )
      yield* pass("20 seconds", "1 second")
      yield* whileTimePasses(Fiber.interrupt(held))
      const sizes = (yield* memory.calls("extend")).map(({ messageIds }) => messageIds.length)
      assert.deepStrictEqual(
        sizes,
        Array.from({ length: 1000 }, () => 10)
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("extensions that fail are tried again before the timeout runs out", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      yield* memory.fail("extend", Fault.CallFails({ reason: unavailable, times: 9 }))
      const held = yield* Effect.forkChild(lease.hold(message, Effect.never))
      for (let second = 0; second < 60; second++) {
        yield* pass("1 second")
        assert.strictEqual((yield* memory.inspect(queue)).visible, 0)
      }
      yield* whileTimePasses(Fiber.interrupt(held))
      assert.isAtLeast((yield* memory.calls("extend")).length, 10)
      const [warning] = yield* (yield* Logged).lines
      assert.deepStrictEqual(warning, {
        level: "Warn",
        text: "Could not extend the leases on 1 message of queue logs: ServiceUnavailable (HTTP 503); it is tried again."
      })
    }).pipe(Effect.provide(layer))
  )

  it.effect("an entry that failed is extended again, and the others of its batch are not", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = yield* receiveNew(3)
      const messageIds = messages.slice(1, 2).map(({ messageId }) => messageId)
      yield* memory.fail(
        "extend",
        Fault.EntriesFail({ messageIds, code: "InternalError", isRetryable: true, times: 2 })
      )
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.never), { concurrency: "unbounded" })
      )
      yield* pass("20 seconds")
      yield* whileTimePasses(Fiber.interrupt(held))
      assert.deepStrictEqual(
        (yield* memory.calls("extend")).map((call) => call.messageIds),
        [messages.map(({ messageId }) => messageId), messageIds, messageIds]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("a lost lease interrupts its work, and nothing more is said to SQS about it", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const [lost, kept] = yield* receiveNew(2)
      if (lost === undefined || kept === undefined) return assert.fail("two messages were to be received")
      yield* memory.fail(
        "extend",
        Fault.EntriesFail({
          messageIds: [lost.messageId],
          code: "ReceiptHandleIsInvalid",
          isRetryable: false,
          times: 1
        })
      )
      const interrupted = yield* Deferred.make<number>()
      const work = Effect.onInterrupt(Effect.never, () =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => Deferred.succeed(interrupted, at))
      )
      const held = yield* Effect.forkChild(lease.hold(lost, work))
      const other = yield* Effect.forkChild(lease.hold(kept, Effect.never))
      yield* pass("20 seconds")
      assert.isAtMost(yield* Deferred.await(interrupted), 15_200)
      yield* Fiber.join(held)
      assert.isUndefined(other.pollUnsafe())
      assert.deepStrictEqual(yield* memory.calls("delete"), [])
      assert.deepStrictEqual(yield* memory.calls("release"), [])
      yield* whileTimePasses(Fiber.interrupt(other))
      assert.deepStrictEqual(
        (yield* (yield* Logged).lines).map(({ level }) => level),
        ["Warn"]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("shortly before the 12-hour ceiling work is interrupted, and the message is visible at once", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const held = yield* Effect.forkChild(lease.hold(message, Effect.never))
      yield* pass(Duration.subtract(Duration.seconds(SQS_MAX_VISIBILITY_SECONDS), CEILING_MARGIN), "5 seconds")
      assert.isUndefined(held.pollUnsafe())
      assert.strictEqual((yield* memory.inspect(queue)).visible, 0)
      yield* pass("1 second")
      yield* Fiber.join(held)
      assert.strictEqual((yield* receiveNow()).length, 1)
      const lines = yield* (yield* Logged).lines
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0]?.text, "12 hours")
    }).pipe(Effect.provide(layer))
  )

  it.effect("nothing is asked of SQS that ends beyond the 12-hour ceiling", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      yield* (yield* SqsSource).extend(queue, [{ message, timeout: Duration.hours(8) }])
      const work = Effect.andThen(
        Effect.sleep("714 minutes"),
        new Release({ delay: Duration.minutes(15), detail: "-" })
      )
      const held = yield* Effect.forkChild(lease.hold(message, work))
      yield* pass("12 hours", "1 minute")
      yield* Fiber.join(held)
      const ends = [...(yield* memory.calls("extend")), ...(yield* memory.calls("release"))].map(
        ({ at, seconds }) => at / 1000 + (seconds[0] ?? 0)
      )
      assert.isAbove(ends.length, 3)
      assert.isAtMost(Math.max(...ends), SQS_MAX_VISIBILITY_SECONDS)
      assert.deepStrictEqual(yield* (yield* Logged).lines, [])
    }).pipe(Effect.provide(layerWith(Duration.hours(8))))
  )

  it.effect(
    "an extension under way is waited for, so that it cannot change the delay of the release that follows",
    () =>
      Effect.gen(function* () {
        const memory = yield* SqsSourceMemory
        const lease = yield* Lease
        const message = yield* receiveOne
        yield* memory.setLatency(Duration.seconds(3))
        const work = Effect.andThen(
          Effect.sleep("16 seconds"),
          new Release({ delay: Duration.minutes(5), detail: "-" })
        )
        const held = yield* Effect.forkChild(lease.hold(message, work))
        yield* pass("15500 millis")
        assert.strictEqual((yield* memory.calls("extend")).length, 1)
        yield* memory.setLatency(Duration.zero)
        yield* pass("4 minutes", "1 second")
        yield* Fiber.join(held)
        assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 1 })
        yield* pass("80 seconds", "1 second")
        assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 1, inFlight: 0 })
      }).pipe(Effect.provide(layer))
  )

  it.effect("an extension that SQS forbids is an error for a person, and work goes on", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const reason = new AccessDenied({ detail: "AccessDenied: sqs:ChangeMessageVisibility (HTTP 403)" })
      yield* memory.fail("extend", Fault.CallFails({ reason, times: 1 }))
      const held = yield* Effect.forkChild(lease.hold(message, Effect.sleep("25 seconds")))
      yield* pass("26 seconds")
      yield* Fiber.join(held)
      assert.strictEqual((yield* memory.deleted).length, 1)
      assert.deepStrictEqual(
        (yield* (yield* Logged).lines).map(({ level }) => level),
        ["Error"]
      )
    }).pipe(Effect.provide(layer))
  )
})
