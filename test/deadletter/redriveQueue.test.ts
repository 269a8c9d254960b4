import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import type { DeadLetter } from "../../src/deadletter/DeadLetter.ts"
import { toMessage } from "../../src/deadletter/letterAttributes.ts"
import * as Redrive from "../../src/deadletter/Redrive.ts"
import { redriveQueue } from "../../src/deadletter/redriveQueue.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import { AccessDenied } from "../../src/domain/reasons.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import { SqsSource } from "../../src/source/SqsSource.ts"
import { Fault, layer as memory, SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import { eventLetter, messageLetter } from "../support/deadLetter.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const queue: QueueRef = { name: "dead", region: "us-east-1" }

const visibilityTimeout = Duration.minutes(1)

const layer = LeaseBatching.layer({ visibilityTimeout }).pipe(
  Layer.provideMerge(memory),
  Layer.tap((context) =>
    Effect.provide(
      Effect.flatMap(SqsSourceMemory, (sqs) => sqs.createQueue(queue)),
      context
    )
  )
)

const keep = (...letters: ReadonlyArray<DeadLetter>) =>
  Effect.flatMap(SqsSource, (sqs) =>
    Effect.forEach(letters, (letter) => sqs.send(queue, toMessage(letter)), { discard: true })
  )

/** A redrive of the queue, while time passes. */
const run = Effect.fnUntraced(function* (
  giveBack: (letter: DeadLetter) => Effect.Effect<void, Redrive.LetterRefused | Redrive.RedriveError>,
  selection: Partial<Redrive.Selection> = {}
) {
  const redrive = Redrive.make({ reasons: [], queues: [], max: Infinity, isDryRun: false, ...selection }, giveBack)
  const end = yield* whileTimePasses(
    Effect.exit(redriveQueue({ queue, origin: "events:us-east-1", visibilityTimeout }, redrive))
  )
  return { end, tally: redrive.tally() }
})

const taker = () => {
  const taken: Array<DeadLetter> = []
  return { taken, giveBack: (letter: DeadLetter) => Effect.sync(() => void taken.push(letter)) }
}

const depth = Effect.flatMap(SqsSourceMemory, (sqs) => sqs.inspect(queue))

const law = <E>(name: string, body: Effect.Effect<void, E, Layer.Success<typeof layer>>) =>
  it.effect(name, () => Effect.provide(body, layer))

describe("redriveQueue", () => {
  law(
    "every letter goes back as it was kept, and is deleted",
    Effect.gen(function* () {
      const letters = [messageLetter("a"), eventLetter("b")]
      yield* keep(...letters)
      const { giveBack, taken } = taker()
      const { tally } = yield* run(giveBack)
      assert.sameDeepMembers(taken, letters)
      assert.deepStrictEqual(
        tally.map(({ back, reason }) => [reason, back]),
        [
          ["EventsRejected", 1],
          ["ObjectCorrupt", 1]
        ]
      )
      assert.deepStrictEqual(yield* depth, { visible: 0, inFlight: 0 })
    })
  )

  law(
    "those that are not selected are met once, and visible again at once in the end",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const others = Array.from({ length: 25 }, (_, i) => eventLetter(`${i}`))
      yield* keep(...others, messageLetter("a"))
      const { giveBack, taken } = taker()
      const { tally } = yield* run(giveBack, { reasons: ["ObjectCorrupt"] })
      assert.deepStrictEqual(
        taken.map(({ messageId }) => messageId),
        ["a"]
      )
      assert.deepInclude(tally, { reason: "EventsRejected", back: 0, refused: 0, left: 25 })
      assert.deepStrictEqual(yield* depth, { visible: 25, inFlight: 0 })
      assert.strictEqual((yield* sqs.deleted).length, 1)
    })
  )

  law(
    "at most so many go back, and no more are received than it takes",
    Effect.gen(function* () {
      yield* keep(...Array.from({ length: 30 }, (_, i) => messageLetter(`${i}`)))
      const { giveBack, taken } = taker()
      yield* run(giveBack, { max: 5 })
      assert.strictEqual(taken.length, 5)
      assert.deepStrictEqual(yield* depth, { visible: 25, inFlight: 0 })
    })
  )

  law(
    "a dry run gives everything back",
    Effect.gen(function* () {
      yield* keep(messageLetter("a"), eventLetter("b"))
      const { giveBack, taken } = taker()
      const { tally } = yield* run(giveBack, { isDryRun: true })
      assert.deepStrictEqual(taken, [])
      assert.strictEqual(
        tally.reduce((sum, { back }) => sum + back, 0),
        2
      )
      assert.deepStrictEqual(yield* depth, { visible: 2, inFlight: 0 })
    })
  )

  law(
    "a message that came by a redrive policy has no reason, and goes to the queue that it must be from",
    Effect.gen(function* () {
      yield* (yield* SqsSourceMemory).send(queue, "hello")
      const { giveBack, taken } = taker()
      yield* run(giveBack, { reasons: ["Unknown"] })
      assert.deepInclude(taken[0], { kind: "message", queue: "events:us-east-1", body: "hello" })
    })
  )

  law(
    "a letter that comes while it runs is left for the next time: it cannot go round for ever",
    Effect.gen(function* () {
      const sqs = yield* SqsSource
      yield* keep(messageLetter("a"))
      const { giveBack, taken } = taker()
      const { end } = yield* run((letter) =>
        giveBack(letter).pipe(
          Effect.andThen(Effect.sleep("1 second")),
          Effect.andThen(Effect.orDie(sqs.send(queue, toMessage(letter))))
        )
      )
      assert.strictEqual(end._tag, "Success")
      assert.strictEqual(taken.length, 1)
      assert.deepStrictEqual(yield* depth, { visible: 1, inFlight: 0 })
    })
  )

  law(
    "a far side that goes down stops it, and every letter that has not gone back is visible again",
    Effect.gen(function* () {
      yield* keep(...Array.from({ length: 30 }, (_, i) => messageLetter(`${i}`)))
      const { giveBack, taken } = taker()
      const { end } = yield* run((letter) =>
        taken.length < 12 ? giveBack(letter) : new Redrive.RedriveError({ detail: "down" })
      )
      assert.strictEqual(end._tag, "Failure")
      assert.strictEqual(taken.length, 12)
      assert.deepStrictEqual(yield* depth, { visible: 18, inFlight: 0 })
    })
  )

  law(
    "interruption while a letter goes back keeps it in the queue",
    Effect.gen(function* () {
      yield* keep(messageLetter("a"))
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(run(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)))
      yield* Deferred.await(begun)
      yield* whileTimePasses(Fiber.interrupt(fiber))
      assert.deepStrictEqual(yield* depth, { visible: 1, inFlight: 0 })
    })
  )

  law(
    "a queue that may not be received from is told",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      yield* sqs.fail("receive", Fault.CallFails({ reason: new AccessDenied({ detail: "403" }), times: 1 }))
      const { end } = yield* run(() => Effect.void)
      assert.include(JSON.stringify(end), "receive on queue dead: 403")
    })
  )
})
