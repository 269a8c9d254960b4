import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as DeadLetterQueue from "../../src/deadletter/DeadLetterQueue.ts"
import { DeadLetters } from "../../src/deadletter/DeadLetters.ts"
import * as DeadLettersByKind from "../../src/deadletter/DeadLettersByKind.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import { Unavailable } from "../../src/domain/reasons.ts"
import { SQS_MAX_MESSAGE_BYTES } from "../../src/source/SqsSource.ts"
import * as DeadLettersMemory from "../../src/testing/DeadLettersMemory.ts"
import { Fault, layer as memory, SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import { eventLetter, messageLetter } from "../support/deadLetter.ts"
import { lettersOfQueue } from "../support/deadLetterWorld.ts"
import * as Logged from "../support/Logged.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const queue: QueueRef = { name: "dead", region: "us-east-1" }

const sqs = Layer.tap(memory, (context) =>
  Effect.provide(
    Effect.flatMap(SqsSourceMemory, (sqs) => sqs.createQueue(queue)),
    context
  )
)

const layer = DeadLetterQueue.layer(queue).pipe(Layer.provideMerge(sqs))

const both = DeadLettersByKind.layer(DeadLetterQueue.layer(queue), DeadLettersMemory.layer)

const keep = (...letters: Parameters<DeadLetters["Service"]["keep"]>[0]) =>
  Effect.flatMap(DeadLetters, (deadLetters) => whileTimePasses(deadLetters.keep(letters)))

const throttled = Fault.CallFails({ reason: new Unavailable({ detail: "throttled" }), times: 2 })

describe("DeadLetterQueue", () => {
  it.effect("a body that leaves no room for its attributes is kept whole, with those that a redrive needs", () =>
    Effect.gen(function* () {
      const body = "x".repeat(SQS_MAX_MESSAGE_BYTES - 300)
      yield* keep(messageLetter("a", { body, detail: "d".repeat(1000) }))
      const [letter] = yield* lettersOfQueue(queue)
      assert.deepInclude(letter, { reason: "ObjectCorrupt", queue: "events:us-east-1", detail: "" })
      assert.isTrue(letter?.kind === "message" && letter.body === body)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a letter that is larger than SQS allows is not kept, and that is told", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(keep(eventLetter("a", { event: "x".repeat(SQS_MAX_MESSAGE_BYTES + 1) })))
      assert.strictEqual(reason._tag, "DestinationUnavailable")
      assert.include(reason.detail, "send on queue dead")
    }).pipe(Effect.provide(layer))
  )

  it.effect("a queue that is throttled for a moment is tried again", () =>
    Effect.gen(function* () {
      yield* (yield* SqsSourceMemory).fail("send", throttled)
      yield* keep(messageLetter("a"))
      assert.strictEqual((yield* lettersOfQueue(queue)).length, 1)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a queue that does not answer is given up after some seconds", () =>
    Effect.gen(function* () {
      yield* (yield* SqsSourceMemory).fail("send", Fault.NoAnswer())
      assert.include((yield* Effect.flip(keep(messageLetter("a")))).message, "no answer within 10s")
    }).pipe(Effect.provide(layer))
  )
})

describe("DeadLettersByKind", () => {
  it.effect("rejected messages go to the queue, refused events to the file", () =>
    Effect.gen(function* () {
      const file = yield* DeadLettersMemory.DeadLettersMemory
      yield* keep(messageLetter("a"), eventLetter("b"))
      assert.deepStrictEqual(
        (yield* lettersOfQueue(queue)).map(({ messageId }) => messageId),
        ["a"]
      )
      assert.deepStrictEqual(
        (yield* file.letters).map(({ messageId }) => messageId),
        ["b"]
      )
    }).pipe(Effect.provide(both.pipe(Layer.provideMerge(Layer.mergeAll(sqs, DeadLettersMemory.layer, Logged.layer)))))
  )

  it.effect("what the queue does not take goes to the file, and a warning says so", () =>
    Effect.gen(function* () {
      const file = yield* DeadLettersMemory.DeadLettersMemory
      yield* (yield* SqsSourceMemory).fail("send", { ...throttled, times: 1000 })
      yield* keep(messageLetter("a"))
      assert.strictEqual((yield* file.letters).length, 1)
      const { lines } = yield* Logged.Logged
      assert.include((yield* lines)[0]?.text, "Dead letters go to memory instead of queue dead")
    }).pipe(Effect.provide(both.pipe(Layer.provideMerge(Layer.mergeAll(sqs, DeadLettersMemory.layer, Logged.layer)))))
  )
})
