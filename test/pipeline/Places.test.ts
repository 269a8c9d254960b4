import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import type { QueueMessage } from "../../src/domain/QueueMessage.ts"
import * as Places from "../../src/pipeline/Places.ts"

const messages = (count: number): ReadonlyArray<QueueMessage> =>
  Array.from({ length: count }, (_, i) => ({
    queue: { name: "q", region: "us-east-1" },
    messageId: `m${i}`,
    receiptHandle: `r${i}`,
    body: "",
    receiveCount: 1,
    sentAt: 0,
    receivedAt: 0
  }))

describe("Places", () => {
  it.effect("never asks for more than one receive can bring", () =>
    Effect.gen(function* () {
      const places = yield* Places.make({ places: 100, queues: 1 })
      const asked: Array<number> = []
      yield* places.fill((max) => Effect.sync(() => (asked.push(max), messages(0))))
      assert.deepStrictEqual(asked, [10])
    })
  )

  it.effect("never asks for more than there are places, and waits when there are none", () =>
    Effect.gen(function* () {
      const places = yield* Places.make({ places: 12, queues: 1 })
      yield* places.fill((max) => Effect.succeed(messages(max)))
      const asked: Array<number> = []
      yield* places.fill((max) => Effect.sync(() => (asked.push(max), messages(max))))
      assert.deepStrictEqual(asked, [2])

      const waiting = yield* Effect.forkChild(places.fill((max) => Effect.sync(() => (asked.push(max), messages(max)))))
      yield* Effect.yieldNow
      assert.deepStrictEqual(asked, [2], "no place is free yet")
      yield* places.leave
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(asked, [2, 1])
    })
  )

  it.effect("gives back the places that a receive did not fill", () =>
    Effect.gen(function* () {
      const places = yield* Places.make({ places: 10, queues: 1 })
      yield* places.fill(() => Effect.succeed(messages(3)))
      const asked: Array<number> = []
      yield* places.fill((max) => Effect.sync(() => (asked.push(max), messages(0))))
      assert.deepStrictEqual(asked, [7])
    })
  )

  it.effect("gives all places back when a receive fails or is interrupted", () =>
    Effect.gen(function* () {
      const places = yield* Places.make({ places: 10, queues: 1 })
      yield* Effect.flip(places.fill(() => Effect.fail("down")))
      const started = yield* Deferred.make<void>()
      const poll = yield* Effect.forkChild(
        places.fill(() => Effect.andThen(Deferred.succeed(started, undefined), Effect.never))
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(poll)
      const asked: Array<number> = []
      yield* places.fill((max) => Effect.sync(() => (asked.push(max), messages(0))))
      assert.deepStrictEqual(asked, [10])
    })
  )

  it.effect("an idle queue's long poll leaves the busy queue its share", () =>
    Effect.gen(function* () {
      const places = yield* Places.make({ places: 10, queues: 2 })
      const idle = yield* Effect.forkChild(places.fill(() => Effect.never))
      yield* Effect.yieldNow
      const asked: Array<number> = []
      yield* places.fill((max) => Effect.sync(() => (asked.push(max), messages(0))))
      assert.deepStrictEqual(asked, [5])
      yield* Fiber.interrupt(idle)
    })
  )

  it.effect("with fewer places than queues every queue still has one", () =>
    Effect.gen(function* () {
      const places = yield* Places.make({ places: 1, queues: 3 })
      const asked: Array<number> = []
      for (let queue = 0; queue < 3; queue++) {
        yield* places.fill((max) => Effect.sync(() => (asked.push(max), messages(1))))
      }
      assert.deepStrictEqual(asked, [1, 1, 1])
    })
  )
})
