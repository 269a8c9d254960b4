/**
 * Messages in flight of an in-memory queue, for tests of what becomes of them.
 */
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { QueueMessage } from "../../src/domain/QueueMessage.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import { SQS_BATCH_SIZE, SqsSource } from "../../src/source/SqsSource.ts"
import * as Memory from "../../src/testing/SqsSourceMemory.ts"
import * as Logged from "./Logged.ts"

/** The queue that is meant unless another is named. */
export const queue: QueueRef = { name: "logs", region: "eu-central-1" }

/** The visibility timeout that messages are received with. */
export const visibilityTimeout = Duration.seconds(30)

/** The lease over an in-memory queue, and its log. */
export const layerWith = (visibilityTimeout: Duration.Duration) =>
  LeaseBatching.layer({ visibilityTimeout }).pipe(Layer.provideMerge(Memory.layer), Layer.provideMerge(Logged.layer))

/** The same with the timeout that messages are received with. */
export const layer = layerWith(visibilityTimeout)

/** Creates the queue, and receives `count` new messages of it. */
export const receiveNew = Effect.fnUntraced(function* (count: number, ref: QueueRef = queue) {
  const memory = yield* Memory.SqsSourceMemory
  yield* memory.createQueue(ref)
  for (let i = 0; i < count; i++) yield* memory.send(ref, `body ${i}`)
  const messages: Array<QueueMessage> = []
  while (messages.length < count) messages.push(...(yield* receiveNow(ref)))
  return messages
})

/** Creates the queue, and receives one new message of it. */
export const receiveOne = Effect.flatMap(receiveNew(1), ([message]) =>
  message === undefined ? Effect.die("nothing was received") : Effect.succeed(message)
)

/** What of the queue is visible now, at most ten messages. */
export const receiveNow = Effect.fnUntraced(function* (ref: QueueRef = queue) {
  const source = yield* SqsSource
  return yield* source.receive(ref, { max: SQS_BATCH_SIZE, wait: Duration.zero, visibilityTimeout })
})

/** Lets time pass in steps, so that every fiber gets to its next sleep. */
export const pass = (duration: Duration.Input, step: Duration.Input = "100 millis") =>
  Effect.repeat(TestClock.adjust(step), {
    times: Math.ceil(Duration.toMillis(duration) / Duration.toMillis(step)) - 1
  })
