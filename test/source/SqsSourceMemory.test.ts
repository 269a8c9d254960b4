import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { Unavailable } from "../../src/domain/reasons.ts"
import { SQS_MAX_VISIBILITY_SECONDS, SqsSource } from "../../src/source/SqsSource.ts"
import { Fault, layer, SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import * as contract from "../contract/sqsSourceContract.ts"
import { pass, queue, receiveNew, receiveNow, receiveOne } from "../support/heldMessages.ts"

const world = Layer.effect(
  contract.SqsWorld,
  Effect.gen(function* () {
    const { createQueue, send } = yield* SqsSourceMemory
    yield* createQueue(contract.logs)
    yield* createQueue(contract.deadLetters)
    yield* createQueue(contract.redriven, {
      redrive: { deadLetterQueue: contract.deadLetters, maxReceiveCount: 2 }
    })
    return { send: (queue, body) => Effect.asVoid(send(queue, body)) }
  })
)

contract.suite("in memory", "test", Layer.provideMerge(world, layer))

describe("SqsSourceMemory", () => {
  it.effect("no message can be kept invisible beyond 12 hours after its receipt", () =>
    Effect.gen(function* () {
      const source = yield* SqsSource
      const message = yield* receiveOne
      const extend = (seconds: number) => source.extend(queue, [{ message, timeout: Duration.seconds(seconds) }])
      assert.deepStrictEqual(yield* extend(SQS_MAX_VISIBILITY_SECONDS), [])
      yield* pass("1 second")
      assert.deepStrictEqual(yield* extend(SQS_MAX_VISIBILITY_SECONDS), [
        { messageId: message.messageId, code: "InvalidParameterValue", isRetryable: false }
      ])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a message whose timeout ran out is no longer in flight, and can still be deleted", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const source = yield* SqsSource
      const message = yield* receiveOne
      yield* pass("30 seconds", "1 second")
      const [failure] = yield* source.extend(queue, [{ message, timeout: Duration.seconds(30) }])
      assert.strictEqual(failure?.code, "MessageNotInflight")
      assert.deepStrictEqual(yield* source.delete(queue, [message]), [])
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 0 })
    }).pipe(Effect.provide(layer))
  )

  it.effect("an old receipt handle deletes nothing, and is told that all is well", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const source = yield* SqsSource
      const old = yield* receiveOne
      yield* pass("30 seconds", "1 second")
      yield* receiveNow()
      assert.deepStrictEqual(yield* source.delete(queue, [old]), [])
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 1 })
      assert.deepStrictEqual(yield* memory.deleted, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a long poll gets the message whose timeout runs out meanwhile", () =>
    Effect.gen(function* () {
      const source = yield* SqsSource
      yield* receiveOne
      yield* pass("15 seconds", "1 second")
      const options = { max: 10, wait: Duration.seconds(20), visibilityTimeout: Duration.seconds(30) }
      const poll = yield* Effect.forkChild(source.receive(queue, options))
      yield* pass("14 seconds", "1 second")
      assert.isUndefined(poll.pollUnsafe())
      yield* pass("1 second")
      assert.strictEqual((yield* Fiber.join(poll))[0]?.receiveCount, 2)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a call that fails does nothing, so many times and until it is healed", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const source = yield* SqsSource
      const messages = yield* receiveNew(2)
      const reason = new Unavailable({ detail: "ServiceUnavailable (HTTP 503)" })
      yield* memory.fail("delete", Fault.CallFails({ reason, times: 1 }))
      assert.strictEqual((yield* Effect.flip(source.delete(queue, messages))).reason, reason)
      assert.deepStrictEqual(yield* memory.deleted, [])
      assert.deepStrictEqual(yield* source.delete(queue, messages.slice(1)), [])
      yield* memory.fail("delete", Fault.NoAnswer())
      yield* memory.heal("delete")
      assert.deepStrictEqual(yield* source.delete(queue, messages), [])
      assert.strictEqual((yield* memory.deleted).length, 2)
    }).pipe(Effect.provide(layer))
  )

  it.effect("entries that fail are not done, and the others of their batch are", () =>
    Effect.gen(function* () {
      const memory = yield* SqsSourceMemory
      const source = yield* SqsSource
      const messages = yield* receiveNew(3)
      const messageIds = messages.slice(0, 1).map(({ messageId }) => messageId)
      const fault = { messageIds, code: "InternalError", isRetryable: true }
      yield* memory.fail("delete", Fault.EntriesFail({ ...fault, times: 1 }))
      assert.deepStrictEqual(yield* source.delete(queue, messages), [
        { messageId: messageIds[0] ?? "", code: "InternalError", isRetryable: true }
      ])
      assert.deepStrictEqual(yield* memory.inspect(queue), { visible: 0, inFlight: 1 })
    }).pipe(Effect.provide(layer))
  )
})
