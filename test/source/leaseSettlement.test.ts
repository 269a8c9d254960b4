import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Schema, Scope } from "effect"
import { AccessDenied, Unavailable } from "../../src/domain/reasons.ts"
import { Lease, Release } from "../../src/source/Lease.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import { SqsSource } from "../../src/source/SqsSource.ts"
import { type Call, Fault, SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import { layer, pass, queue, receiveNew, receiveNow, receiveOne, visibilityTimeout } from "../support/heldMessages.ts"
import { Logged } from "../support/Logged.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const unavailable = new Unavailable({ detail: "ServiceUnavailable (HTTP 503)" })

const release = (delay: Duration.Input) => new Release({ delay: Duration.fromInputUnsafe(delay), detail: "not now" })

const sizes = (calls: ReadonlyArray<Call>) => calls.map(({ messageIds }) => messageIds.length)

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("Lease, settling", () => {
  it.effect.prop(
    "a message is deleted exactly once, and only after its work succeeded",
    {
      works: Schema.Array(
        Schema.Struct({ seconds: between(0, 100), ends: Schema.Literals(["success", "release", "defect"]) })
      ).check(Schema.isMaxLength(30)),
      faults: Schema.Array(between(0, 29)),
      failing: between(0, 5)
    },
    ({ failing, faults, works }) =>
      Effect.gen(function* () {
        const memory = yield* SqsSourceMemory
        const lease = yield* Lease
        const messages = yield* receiveNew(works.length)
        const messageIds = faults.flatMap((index) => messages[index]?.messageId ?? [])
        yield* memory.fail(
          "delete",
          Fault.EntriesFail({ messageIds, code: "InternalError", isRetryable: true, times: 3 })
        )
        yield* memory.fail("extend", Fault.CallFails({ reason: unavailable, times: failing }))
        const succeeded = new Map<string, number>()
        const hold = (message: (typeof messages)[number], index: number) => {
          const { ends, seconds } = works[index] ?? { ends: "defect", seconds: 0 }
          const end = {
            success: Effect.map(Clock.currentTimeMillis, (at) => void succeeded.set(message.messageId, at)),
            release: release("1 hour"),
            defect: Effect.die("a defect")
          }[ends]
          return lease.hold(message, Effect.andThen(Effect.sleep(Duration.seconds(seconds)), end))
        }
        const held = yield* Effect.forkChild(Effect.forEach(messages, hold, { concurrency: "unbounded" }))
        yield* pass("105 seconds", "1 second")
        yield* Fiber.join(held)
        const deleted = yield* memory.deleted
        assert.sameMembers(
          deleted.map(({ messageId }) => messageId),
          [...succeeded.keys()]
        )
        for (const { at, messageId } of deleted) assert.isAtLeast(at, succeeded.get(messageId) ?? Infinity)
      }).pipe(Effect.provide(layer))
  )

  it.effect("deletes go out ten at a time, and the rest after 100 ms", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = yield* receiveNew(23)
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.void), { concurrency: "unbounded" })
      )
      yield* pass("99 millis", "1 millis")
      assert.deepStrictEqual(sizes(yield* memory.calls("delete")), [10, 10])
      yield* pass("1 millis", "1 millis")
      assert.deepStrictEqual(sizes(yield* memory.calls("delete")), [10, 10, 3])
      yield* Fiber.join(held)
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 0 })
    }).pipe(Effect.provide(layer))
  )

  it.effect("messages of different queues never share a call", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = [...(yield* receiveNew(3)), ...(yield* receiveNew(4, { ...queue, region: "us-east-1" }))]
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.void), { concurrency: "unbounded" })
      )
      yield* pass("100 millis")
      yield* Fiber.join(held)
      assert.deepStrictEqual(sizes(yield* memory.calls("delete")), [3, 4])
      assert.strictEqual((yield* memory.deleted).length, 7)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a released message is visible after its delay, and not before", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const held = yield* Effect.forkChild(lease.hold(message, Effect.fail(release("40 seconds"))))
      yield* pass("100 millis")
      yield* Fiber.join(held)
      yield* pass("39900 millis")
      assert.strictEqual((yield* memory.inspect(queue)).visible, 0)
      yield* pass("100 millis")
      assert.strictEqual((yield* memory.inspect(queue)).visible, 1)
      assert.deepStrictEqual(yield* memory.deleted, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("interruption makes the message visible at once", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const held = yield* Effect.forkChild(lease.hold(message, Effect.never))
      yield* pass("1 second")
      const interruption = yield* Effect.forkChild(Fiber.interrupt(held))
      yield* pass("100 millis")
      yield* Fiber.join(interruption)
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 1, inFlight: 0 })
      assert.deepStrictEqual(
        (yield* memory.calls("release")).map(({ seconds }) => seconds),
        [[0]]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("interruption ends within seconds even when SQS does not answer", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      yield* memory.fail("extend", Fault.NoAnswer())
      yield* memory.fail("release", Fault.NoAnswer())
      const held = yield* Effect.forkChild(lease.hold(message, Effect.never))
      yield* pass("16 seconds")
      const interruption = yield* Effect.forkChild(Fiber.interrupt(held))
      yield* pass("11 seconds")
      yield* Fiber.join(interruption)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a message is deleted when the interruption comes after its work succeeded", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      yield* memory.setLatency(Duration.seconds(3))
      const held = yield* Effect.forkChild(lease.hold(message, Effect.sleep("16 seconds")))
      yield* pass("17 seconds")
      assert.strictEqual((yield* memory.calls("extend")).length, 1)
      yield* whileTimePasses(Fiber.interrupt(held))
      assert.strictEqual((yield* memory.deleted).length, 1)
      assert.deepStrictEqual(yield* memory.calls("release"), [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a defect is logged as an error, and its message is visible after the timeout", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const held = yield* Effect.forkChild(lease.hold(message, Effect.die(new Error("a defect"))))
      yield* pass("29 seconds")
      yield* Fiber.join(held)
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 1 })
      yield* pass("2 seconds")
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 1, inFlight: 0 })
      const [line] = yield* (yield* Logged).lines
      assert.strictEqual(line?.level, "Error")
      assert.include(line?.text, "defect")
    }).pipe(Effect.provide(layer))
  )

  it.effect("entries that SQS failed to delete are deleted again, and the others are not", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = yield* receiveNew(10)
      const messageIds = messages.slice(2, 5).map(({ messageId }) => messageId)
      yield* memory.fail(
        "delete",
        Fault.EntriesFail({ messageIds, code: "InternalError", isRetryable: true, times: 2 })
      )
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.void), { concurrency: "unbounded" })
      )
      yield* pass("2 seconds")
      yield* Fiber.join(held)
      assert.deepStrictEqual(sizes(yield* memory.calls("delete")), [10, 3, 3])
      assert.strictEqual((yield* memory.deleted).length, 10)
      assert.deepStrictEqual(yield* (yield* Logged).lines, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a call that SQS did not answer is made again for all of its entries", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = yield* receiveNew(10)
      yield* memory.fail("delete", Fault.CallFails({ reason: unavailable, times: 4 }))
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.void), { concurrency: "unbounded" })
      )
      yield* pass("5 seconds")
      yield* Fiber.join(held)
      assert.deepStrictEqual(sizes(yield* memory.calls("delete")), [10, 10, 10, 10, 10])
      assert.strictEqual((yield* memory.deleted).length, 10)
    }).pipe(Effect.provide(layer))
  )

  it.effect("deletes that fail for good are said once for their batch, and the messages come back", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const messages = yield* receiveNew(3)
      yield* memory.fail("delete", Fault.CallFails({ reason: unavailable, times: Infinity }))
      const held = yield* Effect.forkChild(
        Effect.forEach(messages, (message) => lease.hold(message, Effect.void), { concurrency: "unbounded" })
      )
      yield* pass("6 seconds")
      yield* Fiber.join(held)
      assert.deepStrictEqual(yield* (yield* Logged).lines, [
        {
          level: "Warn",
          text: "Could not delete 3 messages of queue logs: ServiceUnavailable (HTTP 503); they come back and are shipped again."
        }
      ])
      yield* pass("25 seconds")
      assert.strictEqual((yield* receiveNow()).length, 3)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a delete that a person must allow is not tried again, and is an error", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const lease = yield* Lease
      const message = yield* receiveOne
      const reason = new AccessDenied({ detail: "AccessDenied: sqs:DeleteMessage (HTTP 403)" })
      yield* memory.fail("delete", Fault.CallFails({ reason, times: Infinity }))
      const held = yield* Effect.forkChild(lease.hold(message, Effect.void))
      yield* pass("10 seconds")
      yield* Fiber.join(held)
      assert.strictEqual((yield* memory.calls("delete")).length, 1)
      assert.deepStrictEqual(
        (yield* (yield* Logged).lines).map(({ level }) => level),
        ["Error"]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("a release that SQS refuses is not tried again, and is a warning", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const source = yield* SqsSource
      const lease = yield* Lease
      const message = yield* receiveOne
      yield* source.release(queue, [{ message, delay: Duration.zero }])
      yield* receiveNow()
      const held = yield* Effect.forkChild(lease.hold(message, Effect.fail(release("1 second"))))
      yield* pass("10 seconds")
      yield* Fiber.join(held)
      assert.strictEqual((yield* memory.calls("release")).length, 2)
      assert.deepStrictEqual(yield* (yield* Logged).lines, [
        {
          level: "Warn",
          text: "The lease on a message was lost (ReceiptHandleIsInvalid); whoever receives it next will ship it again."
        }
      ])
    }).pipe(Effect.provide(layer))
  )

  it.effect("closing the Layer sends the deletes that wait for their batch", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const messages = yield* receiveNew(3)
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(LeaseBatching.layer({ visibilityTimeout }), scope)
      const hold = Effect.forEach(
        messages,
        (message) => Effect.flatMap(Lease, (lease) => lease.hold(message, Effect.void)),
        { concurrency: "unbounded" }
      )
      const held = yield* Effect.forkChild(Effect.provideContext(hold, context))
      yield* pass("10 millis", "10 millis")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* memory.deleted).length, 3)
      yield* Fiber.join(held)
    }).pipe(Effect.provide(layer))
  )
})
