/**
 * What becomes of rejected messages and refused events when there is a destination for dead letters.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { gzipSync } from "node:zlib"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import * as DeadLettersMemory from "../../src/testing/DeadLettersMemory.ts"
import { Fault, S3ReaderMemory } from "../../src/testing/S3ReaderMemory.ts"
import { SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import * as Logged from "../support/Logged.ts"
import * as Pipeline from "../support/pipeline.ts"
import { passes, until } from "../support/pipelineTime.ts"

const { queue } = Pipeline

const put = Effect.fnUntraced(function* (key: string, text = `of ${key}\n`) {
  const s3 = yield* S3ReaderMemory
  return yield* s3.put({ bucket: "logs", key }, Buffer.from(text))
})

/** Stores a gzip that ends too early. */
const putCorrupt = (key: string) =>
  Effect.flatMap(S3ReaderMemory, (s3) =>
    s3.put({ bucket: "logs", key }, gzipSync(Buffer.from("x".repeat(1000))).subarray(0, 20))
  )

const send = (body: string) => Effect.flatMap(SqsSourceMemory, (sqs) => sqs.send(queue, body))

const letters = Effect.flatMap(DeadLettersMemory.DeadLettersMemory, ({ letters }) => letters)

const deletedIds = Effect.flatMap(SqsSourceMemory, ({ deleted }) =>
  Effect.map(deleted, (all) => all.map(({ messageId }) => messageId))
)

const arrived = Effect.flatMap(OutputMemory, ({ events }) =>
  Effect.map(events, (all) => all.map((event): string => JSON.parse(event).message))
)

const logged = (level: string) =>
  Effect.flatMap(Logged.Logged, ({ lines }) =>
    Effect.map(lines, (all) => all.filter((line) => line.level === level).map(({ text }) => text))
  )

const layer = Layer.provideMerge(Pipeline.layerWith(DeadLettersMemory.layer), Logged.layer)

const law = <E>(name: string, body: Effect.Effect<void, E, Layer.Success<typeof layer>>) =>
  it.effect(name, () => Effect.provide(body, layer))

describe("dead letters", () => {
  law(
    "a message that no notification explains is kept with its body, reason and attempts, and then deleted",
    Effect.gen(function* () {
      const messageId = yield* send("hello")
      const pipeline = yield* Pipeline.start()
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      const [letter, ...others] = yield* letters
      assert.deepStrictEqual(others, [])
      assert.deepInclude(letter, {
        kind: "message",
        reason: "NotificationUnreadable",
        queue: "events:us-east-1",
        messageId,
        attempts: 1,
        body: "hello"
      })
      assert.deepStrictEqual(yield* deletedIds, [messageId])
      assert.deepStrictEqual(yield* logged("Error"), [])
      assert.include((yield* logged("Warn")).join("\n"), "among the dead letters (memory)")
    })
  )

  for (const [reason, given] of [
    ["ObjectCorrupt", putCorrupt("broken")],
    [
      "BucketMissing",
      Effect.gen(function* () {
        const ref = yield* put("broken")
        yield* (yield* S3ReaderMemory).fail(ref, Fault.BucketMissing())
        return ref
      })
    ]
  ] as const) {
    law(
      `${reason}: the dead letter names the object`,
      Effect.gen(function* () {
        const body = Pipeline.notificationOf(yield* given)
        yield* send(body)
        const pipeline = yield* Pipeline.start()
        yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
        yield* pipeline.drain
        const [letter] = yield* letters
        assert.deepInclude(letter, { reason, object: "s3://logs/broken", body })
        assert.include(letter?.detail, "s3://logs/broken: ")
      })
    )
  }

  law(
    "several objects: the good are shipped, and the message is one dead letter that tells of all the others",
    Effect.gen(function* () {
      const [good, one, two] = [yield* put("good"), yield* putCorrupt("one"), yield* putCorrupt("two")]
      yield* send(Pipeline.notificationOf(good, one, two))
      const pipeline = yield* Pipeline.start()
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      const kept = yield* letters
      assert.strictEqual(kept.length, 1)
      assert.include(kept[0]?.detail, "s3://logs/one: ")
      assert.include(kept[0]?.detail, "s3://logs/two: ")
      assert.deepStrictEqual(yield* arrived, ["of good"])
    })
  )

  law(
    "an object that may still be shipped keeps the whole message from the dead letters",
    Effect.gen(function* () {
      const s3 = yield* S3ReaderMemory
      const [denied, corrupt] = [yield* put("denied"), yield* putCorrupt("corrupt")]
      yield* s3.fail(denied, Fault.AccessDenied())
      yield* send(Pipeline.notificationOf(denied, corrupt))
      const pipeline = yield* Pipeline.start()
      yield* passes("90 seconds")
      assert.deepStrictEqual(yield* letters, [])
      yield* s3.heal(denied)
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      assert.deepStrictEqual(yield* arrived, ["of denied"])
      assert.strictEqual((yield* letters).length, 1)
    })
  )

  law(
    "with a redrive policy the message is left to it, and is no dead letter",
    Effect.gen(function* () {
      yield* send("hello")
      const pipeline = yield* Pipeline.start({ queues: [{ queue, hasRedrivePolicy: true }] })
      yield* passes("2 minutes")
      yield* pipeline.kill
      assert.deepStrictEqual(yield* letters, [])
      assert.deepStrictEqual(yield* deletedIds, [])
    })
  )

  law(
    "where the redrive policy may not be asked for, the message is kept and deleted",
    Effect.gen(function* () {
      yield* send("hello")
      const pipeline = yield* Pipeline.start({ queues: [{ queue, hasRedrivePolicy: undefined }] })
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      assert.strictEqual((yield* letters).length, 1)
    })
  )

  law(
    "a destination that takes nothing: the message is released with backoff, with an ERROR, until it does",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      yield* (yield* DeadLettersMemory.DeadLettersMemory).fail(2)
      yield* send("hello")
      const pipeline = yield* Pipeline.start()
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      assert.deepStrictEqual(
        (yield* sqs.calls("release")).flatMap(({ seconds }) => seconds),
        [20, 40]
      )
      const errors = yield* logged("Error")
      assert.strictEqual(errors.length, 2)
      assert.include(errors[0], "cannot be put among the dead letters (the test says so)")
      assert.deepInclude((yield* letters)[0], { attempts: 3 })
    })
  )

  law(
    "refused events are kept as they stood, with the reason, and the rest of their message counts",
    Effect.gen(function* () {
      yield* (yield* OutputMemory).reject((event) => event.includes("bad"))
      const messageId = yield* send(
        Pipeline.notificationOf(yield* put("mixed", "good\nbad 1\nbad 2\nfine\n"), yield* put("other"))
      )
      const pipeline = yield* Pipeline.start()
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      assert.deepStrictEqual((yield* arrived).toSorted(), ["fine", "good", "of other"])
      const kept = yield* letters
      assert.deepStrictEqual(
        kept.map((letter) => letter.kind === "event" && JSON.parse(letter.event).message),
        ["bad 1", "bad 2"]
      )
      assert.deepInclude(kept[0], {
        reason: "EventsRejected",
        detail: "the test refuses it",
        messageId,
        object: "s3://logs/mixed"
      })
      assert.include((yield* logged("Warn")).join("\n"), "EventsRejected: s3://logs/mixed: 2 events were refused")
    })
  )

  law(
    "refused events that cannot be kept bring their message back, with an ERROR; they are kept when they can",
    Effect.gen(function* () {
      yield* (yield* OutputMemory).reject((event) => event.includes("bad"))
      yield* (yield* DeadLettersMemory.DeadLettersMemory).fail(1)
      yield* send(Pipeline.notificationOf(yield* put("mixed", "good\nbad\n")))
      const pipeline = yield* Pipeline.start()
      yield* passes("5 seconds")
      assert.include((yield* logged("Error")).join("\n"), "DestinationUnavailable: s3://logs/mixed")
      assert.deepStrictEqual(yield* deletedIds, [])
      yield* until(Effect.map(deletedIds, (ids) => ids.length > 0))
      yield* pipeline.drain
      assert.strictEqual((yield* letters).length, 1)
      assert.deepStrictEqual([...new Set(yield* arrived)], ["good"])
    })
  )

  law(
    "shutdown while a dead letter is being written: the message is visible again at once",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      yield* (yield* DeadLettersMemory.DeadLettersMemory).setLatency(Duration.hours(1))
      yield* send("hello")
      const pipeline = yield* Pipeline.start()
      yield* passes("5 seconds")
      const killed = yield* Effect.forkChild(pipeline.kill)
      yield* passes("5 seconds")
      assert.isDefined(killed.pollUnsafe())
      assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 1, inFlight: 0 })
    })
  )
})
