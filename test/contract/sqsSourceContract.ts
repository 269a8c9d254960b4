/**
 * What every `SqsSource` promises, whatever is behind it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Fiber, type Layer } from "effect"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import { SqsSource, type SqsSourceError } from "../../src/source/SqsSource.ts"
import { pass as passTestTime } from "../support/heldMessages.ts"

/** The queues that are there: one without a redrive policy, one with, and where its messages end after two receipts. */
export const logs: QueueRef = { name: "logs", region: "us-east-1" }
export const redriven: QueueRef = { name: "redriven", region: "us-east-1" }
export const deadLetters: QueueRef = { name: "dead-letters", region: "us-east-1" }

/** The far side of the source under test: new messages for these queues. */
export class SqsWorld extends Context.Service<
  SqsWorld,
  { readonly send: (queue: QueueRef, body: string) => Effect.Effect<void> }
>()("s3beat/test/SqsWorld") {}

const receive = Effect.fnUntraced(function* (options: {
  readonly from?: QueueRef
  readonly max?: number
  readonly waitSeconds?: number
  readonly visibilitySeconds?: number
}) {
  const source = yield* SqsSource
  return yield* source.receive(options.from ?? logs, {
    max: options.max ?? 10,
    wait: Duration.seconds(options.waitSeconds ?? 0),
    visibilityTimeout: Duration.seconds(options.visibilitySeconds ?? 30)
  })
})

const receiveOne = Effect.fnUntraced(function* (options: Parameters<typeof receive>[0]) {
  const [message] = yield* receive(options)
  return message ?? (yield* Effect.die("there is no message to receive"))
})

const reasonOf = <A, R>(effect: Effect.Effect<A, SqsSourceError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason._tag)

/**
 * The laws of the port, run against `layer`; time is the `TestClock`'s or, for what is beyond a socket, the real one.
 */
export const suite = <E>(name: string, clock: "test" | "live", layer: Layer.Layer<SqsSource | SqsWorld, E>): void => {
  const law = clock === "test" ? it.effect : it.live
  const pass = clock === "test" ? passTestTime : Effect.sleep

  // Real waits run side by side.
  const group = clock === "test" ? describe : describe.concurrent

  group(`SqsSource: ${name}`, () => {
    law("a message arrives as it was sent, and is then invisible", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const before = yield* Clock.currentTimeMillis
        yield* world.send(logs, '{"Records":["日志"]}')
        const [message, ...others] = yield* receive({})
        const after = yield* Clock.currentTimeMillis
        assert.deepStrictEqual(others, [])
        assert.deepInclude(message, { queue: logs, body: '{"Records":["日志"]}', receiveCount: 1 })
        assert.isAtLeast(message?.sentAt ?? 0, before)
        assert.isAtLeast(message?.receivedAt ?? 0, message?.sentAt ?? Infinity)
        assert.isAtMost(message?.receivedAt ?? Infinity, after)
        assert.deepStrictEqual(yield* receive({}), [])
      }).pipe(Effect.provide(layer))
    )

    law("never more messages are handed over than were asked for", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        for (let i = 0; i < 5; i++) yield* world.send(logs, `${i}`)
        const first = yield* receive({ max: 3 })
        const second = yield* receive({ max: 3 })
        assert.strictEqual(first.length, 3)
        assert.sameMembers(
          [...first, ...second].map(({ body }) => body),
          ["0", "1", "2", "3", "4"]
        )
      }).pipe(Effect.provide(layer))
    )

    law("an empty queue is waited for as long as was asked", () =>
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(receive({ waitSeconds: 1 }))
        yield* pass("700 millis")
        assert.isUndefined(waiting.pollUnsafe())
        yield* pass("300 millis")
        assert.deepStrictEqual(yield* Fiber.join(waiting), [])
      }).pipe(Effect.provide(layer))
    )

    law("a message that is sent meanwhile ends the wait", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const waiting = yield* Effect.forkChild(receive({ waitSeconds: 20 }))
        yield* pass("300 millis")
        yield* world.send(logs, "late")
        const [message] = yield* Fiber.join(waiting)
        assert.strictEqual(message?.body, "late")
      }).pipe(Effect.provide(layer))
    )

    law("interruption ends the wait at once", () =>
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(receive({ waitSeconds: 20 }))
        yield* pass("300 millis")
        const before = yield* Clock.currentTimeMillis
        yield* Fiber.interrupt(waiting)
        assert.isBelow((yield* Clock.currentTimeMillis) - before, 1000)
      }).pipe(Effect.provide(layer))
    )

    law("a message that is not deleted comes back after its timeout, counted, with another receipt handle", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        yield* world.send(logs, "again")
        const first = yield* receiveOne({ visibilitySeconds: 1 })
        yield* pass("1100 millis")
        const second = yield* receiveOne({})
        assert.strictEqual(second.messageId, first.messageId)
        assert.strictEqual(second.receiveCount, 2)
        assert.notStrictEqual(second.receiptHandle, first.receiptHandle)
      }).pipe(Effect.provide(layer))
    )

    law("an extended message stays invisible beyond its timeout", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const source = yield* SqsSource
        yield* world.send(logs, "held")
        const message = yield* receiveOne({ visibilitySeconds: 1 })
        assert.deepStrictEqual(yield* source.extend(logs, [{ message, timeout: Duration.seconds(3) }]), [])
        yield* pass("1500 millis")
        assert.deepStrictEqual(yield* receive({}), [])
        yield* pass("1600 millis")
        assert.strictEqual((yield* receive({})).length, 1)
      }).pipe(Effect.provide(layer))
    )

    law("a message that is released without delay is visible at once", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const source = yield* SqsSource
        yield* world.send(logs, "given back")
        const message = yield* receiveOne({})
        assert.deepStrictEqual(yield* source.release(logs, [{ message, delay: Duration.zero }]), [])
        assert.strictEqual((yield* receive({})).length, 1)
      }).pipe(Effect.provide(layer))
    )

    law("a message that is released with a delay is visible after it, and not before", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const source = yield* SqsSource
        yield* world.send(logs, "later")
        const message = yield* receiveOne({})
        assert.deepStrictEqual(yield* source.release(logs, [{ message, delay: Duration.millis(1600) }]), [])
        yield* pass("700 millis")
        assert.deepStrictEqual(yield* receive({}), [])
        yield* pass("1400 millis")
        assert.strictEqual((yield* receive({})).length, 1)
      }).pipe(Effect.provide(layer))
    )

    law("deleted messages never come back, and deleting them again is no failure", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const source = yield* SqsSource
        for (let i = 0; i < 10; i++) yield* world.send(logs, `${i}`)
        const messages = yield* receive({ visibilitySeconds: 1 })
        assert.strictEqual(messages.length, 10)
        assert.deepStrictEqual(yield* source.delete(logs, messages), [])
        assert.deepStrictEqual(yield* source.delete(logs, messages), [])
        yield* pass("1100 millis")
        assert.deepStrictEqual(yield* receive({}), [])
      }).pipe(Effect.provide(layer))
    )

    law("a receipt handle that is no longer good fails its entry for good, and the others are done", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const source = yield* SqsSource
        yield* world.send(logs, "stale")
        const stale = yield* receiveOne({ visibilitySeconds: 1 })
        yield* pass("1100 millis")
        const good = yield* receiveOne({})
        yield* world.send(logs, "other")
        const other = yield* receiveOne({})
        for (const ask of [
          source.extend(logs, [
            { message: stale, timeout: Duration.seconds(30) },
            { message: other, timeout: Duration.seconds(30) }
          ]),
          source.release(logs, [
            { message: stale, delay: Duration.zero },
            { message: other, delay: Duration.zero }
          ])
        ]) {
          const failures = yield* ask
          assert.strictEqual(failures.length, 1)
          assert.deepInclude(failures[0], { messageId: good.messageId, isRetryable: false })
        }
        assert.deepStrictEqual(
          (yield* receive({})).map(({ body }) => body),
          ["other"]
        )
      }).pipe(Effect.provide(layer))
    )

    law("a queue without a redrive policy is described without one", () =>
      Effect.gen(function* () {
        const source = yield* SqsSource
        const { attributesDenied, redrive, url } = yield* source.describe(logs)
        assert.isTrue(URL.canParse(url))
        assert.isTrue(url.endsWith("logs"))
        assert.isFalse(attributesDenied)
        assert.isUndefined(redrive)
      }).pipe(Effect.provide(layer))
    )

    law("a redrive policy is described, and followed after so many receipts", () =>
      Effect.gen(function* () {
        const world = yield* SqsWorld
        const source = yield* SqsSource
        const { redrive } = yield* source.describe(redriven)
        assert.strictEqual(redrive?.maxReceiveCount, 2)
        assert.isTrue(redrive?.deadLetterTargetArn.endsWith(":dead-letters"))
        yield* world.send(redriven, "poison")
        for (let receipt = 0; receipt < 2; receipt++) {
          const message = yield* receiveOne({ from: redriven })
          yield* source.release(redriven, [{ message, delay: Duration.zero }])
        }
        assert.deepStrictEqual(yield* receive({ from: redriven }), [])
        assert.deepStrictEqual(
          (yield* receive({ from: deadLetters })).map(({ body }) => body),
          ["poison"]
        )
      }).pipe(Effect.provide(layer))
    )

    law("a queue that is not there is missing, whatever is asked of it", () =>
      Effect.gen(function* () {
        const source = yield* SqsSource
        const absent: QueueRef = { name: "absent", region: "us-east-1" }
        assert.strictEqual(yield* reasonOf(source.describe(absent)), "QueueMissing")
        assert.strictEqual(yield* reasonOf(receive({ from: absent })), "QueueMissing")
      }).pipe(Effect.provide(layer))
    )
  })
}
