/**
 * What becomes of a message in every case: a test for each row of the README's table that the pipeline can reach.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Metric } from "effect"
import { gzipSync } from "node:zlib"
import { Unavailable } from "../../src/domain/reasons.ts"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import { Fault, S3ReaderMemory } from "../../src/testing/S3ReaderMemory.ts"
import { Fault as SqsFault, SqsSourceMemory } from "../../src/testing/SqsSourceMemory.ts"
import * as metrics from "../../src/telemetry/metrics.ts"
import * as Logged from "../support/Logged.ts"
import * as Pipeline from "../support/pipeline.ts"
import { passes, until } from "../support/pipelineTime.ts"

const { queue } = Pipeline

const deadLetters = { name: "events-dlq", region: "us-east-1" }

const lines = (...texts: ReadonlyArray<string>) => Buffer.from(texts.map((text) => `${text}\n`).join(""))

const put = Effect.fnUntraced(function* (key: string, bytes: Uint8Array = lines(`of ${key}`)) {
  const s3 = yield* S3ReaderMemory
  return yield* s3.put({ bucket: "logs", key }, bytes)
})

const send = Effect.fnUntraced(function* (...objects: ReadonlyArray<ObjectRef>) {
  const sqs = yield* SqsSourceMemory
  return yield* sqs.send(queue, Pipeline.notificationOf(...objects))
})

/** Puts one object, breaks it, and announces it. */
const sendBroken = Effect.fnUntraced(function* (fault: Fault) {
  const s3 = yield* S3ReaderMemory
  const ref = yield* put("broken")
  yield* s3.fail({ bucket: "logs", key: "broken" }, fault)
  return yield* send(ref)
})

const messages = Effect.gen(function* () {
  const output = yield* OutputMemory
  return (yield* output.events).map((event): string => JSON.parse(event).message)
})

const deletedCount = Effect.gen(function* () {
  const sqs = yield* SqsSourceMemory
  return (yield* sqs.deleted).length
})

/** The seconds after which each release made the message visible again. */
const releases = Effect.gen(function* () {
  const sqs = yield* SqsSourceMemory
  return (yield* sqs.calls("release")).flatMap(({ seconds }) => seconds)
})

const logged = (level: string) =>
  Effect.gen(function* () {
    const { lines } = yield* Logged.Logged
    return (yield* lines).filter((line) => line.level === level).map(({ text }) => text)
  })

const law = <E>(
  name: string,
  body: Effect.Effect<
    void,
    E,
    SqsSourceMemory | S3ReaderMemory | OutputMemory | Logged.Logged | Layer.Success<typeof Pipeline.layer>
  >
) => it.effect(name, () => Effect.provide(body, Layer.provideMerge(Pipeline.layer, Logged.layer)))

/** The message of a failure that is released comes back after 20 s, then 40 s, and is never deleted. */
const releasesWithBackoff = (reason: string, fault: Fault, level: "Warn" | "Error") =>
  law(
    `${reason}: the message is released with backoff, and shipped once the fault ends`,
    Effect.gen(function* () {
      const s3 = yield* S3ReaderMemory
      yield* sendBroken(fault)
      const pipeline = yield* Pipeline.start()
      yield* passes("3 minutes")
      assert.strictEqual(yield* deletedCount, 0)
      assert.deepStrictEqual((yield* releases).slice(0, 2), [20, 40])
      assert.include((yield* logged(level)).join("\n"), `${reason}: s3://logs/broken`)
      yield* s3.heal({ bucket: "logs", key: "broken" })
      yield* passes("15 minutes")
      assert.strictEqual(yield* deletedCount, 1)
      assert.deepStrictEqual([...new Set(yield* messages)], ["of broken"])
      yield* pipeline.kill
    })
  )

/** The message of a failure that no retry mends is kept, and an ERROR says what to configure. */
const rejects = (
  reason: string,
  given: Effect.Effect<unknown, never, SqsSourceMemory | S3ReaderMemory | OutputMemory>
) =>
  law(
    `${reason}: the message is rejected, kept with backoff, and an ERROR says what to configure`,
    Effect.gen(function* () {
      yield* given
      const pipeline = yield* Pipeline.start()
      yield* until(Effect.map(releases, ({ length }) => length >= 2))
      assert.deepStrictEqual(yield* releases, [20, 40])
      assert.strictEqual(yield* deletedCount, 0)
      yield* pipeline.kill
      const errors = (yield* logged("Error")).join("\n")
      assert.include(errors, `${reason}: `)
      assert.include(errors, "no redrive policy")
    })
  )

describe("Ingest", () => {
  law(
    "every event acked: the message is deleted",
    Effect.gen(function* () {
      yield* send(yield* put("a", lines("one", "two")), yield* put("b", gzipSync(lines("three"))))
      const pipeline = yield* Pipeline.start()
      yield* until(Effect.map(deletedCount, (count) => count > 0))
      assert.strictEqual(yield* deletedCount, 1)
      assert.deepStrictEqual((yield* messages).toSorted(), ["one", "three", "two"])
      yield* pipeline.drain
    })
  )

  law(
    "a test event, an event that is no creation, a filtered key, a digest, an empty object: deleted, and counted by cause",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const counts = Effect.forEach(["test_event", "not_created", "filtered", "digest", "empty"] as const, (cause) =>
        Effect.map(Metric.value(metrics.nothingToShip(cause)), ({ count }) => count)
      )
      const before = yield* counts
      yield* sqs.send(queue, JSON.stringify({ Event: "s3:TestEvent" }))
      yield* sqs.send(
        queue,
        Pipeline.notificationOf(yield* put("gone")).replace("ObjectCreated:Put", "ObjectRemoved:Delete")
      )
      yield* send(yield* put("left-out"))
      yield* send(yield* put("AWSLogs/1/CloudTrail-Digest/us-east-1/x.json.gz"))
      yield* send(yield* put("empty", new Uint8Array(0)))
      const pipeline = yield* Pipeline.start({ acceptsKey: (key) => key !== "left-out" })
      yield* passes("5 seconds")
      assert.strictEqual(yield* deletedCount, 5)
      assert.deepStrictEqual(yield* messages, [])
      assert.deepStrictEqual(
        (yield* counts).map((count, i) => count - (before[i] ?? 0)),
        [1, 1, 1, 1, 1]
      )
      yield* pipeline.drain
    })
  )

  rejects(
    "NotificationUnreadable",
    Effect.flatMap(SqsSourceMemory, (sqs) => sqs.send(queue, "hello"))
  )

  law(
    "ObjectMissing: the message is deleted, with a WARN",
    Effect.gen(function* () {
      yield* sendBroken(Fault.ObjectMissing())
      const pipeline = yield* Pipeline.start()
      yield* passes("5 seconds")
      assert.strictEqual(yield* deletedCount, 1)
      assert.include((yield* logged("Warn")).join("\n"), "ObjectMissing: s3://logs/broken")
      yield* pipeline.drain
    })
  )

  law(
    "ObjectMissing with onMissingObject: reject keeps the message",
    Effect.gen(function* () {
      yield* sendBroken(Fault.ObjectMissing())
      const pipeline = yield* Pipeline.start({ onMissingObject: "reject" })
      yield* passes("1 minute")
      assert.strictEqual(yield* deletedCount, 0)
      yield* pipeline.kill
    })
  )

  rejects("BucketMissing", sendBroken(Fault.BucketMissing()))

  releasesWithBackoff("AccessDenied", Fault.AccessDenied(), "Error")
  releasesWithBackoff("CredentialsExpired", Fault.CredentialsExpired(), "Warn")
  releasesWithBackoff("Unavailable", Fault.Unavailable({ times: 1000 }), "Warn")
  releasesWithBackoff("BodyInterrupted", Fault.BodyBroken({ at: 2 }), "Warn")

  law(
    "Unavailable for a moment is retried in place: the message is not released",
    Effect.gen(function* () {
      yield* sendBroken(Fault.Unavailable({ times: 2 }))
      const pipeline = yield* Pipeline.start()
      yield* passes("10 seconds")
      assert.strictEqual(yield* deletedCount, 1)
      assert.deepStrictEqual(yield* releases, [])
      yield* pipeline.drain
    })
  )

  rejects("ObjectCorrupt", Effect.flatMap(put("cut.gz", gzipSync(lines("x".repeat(1000))).subarray(0, 20)), send))

  rejects("ObjectTooLarge", Effect.flatMap(put("bomb.gz", gzipSync(Buffer.alloc(32 * 1024 * 1024))), send))

  rejects(
    "EventsRejected",
    Effect.gen(function* () {
      const output = yield* OutputMemory
      yield* output.reject((event) => event.includes("bad"))
      yield* send(yield* put("mixed", lines("good", "bad")))
    })
  )

  law(
    "rejected, with a redrive policy: the message reaches the dead-letter queue, with nothing lost",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const redriven = { name: "redriven", region: "us-east-1" }
      yield* sqs.createQueue(deadLetters)
      yield* sqs.createQueue(redriven, { redrive: { deadLetterQueue: deadLetters, maxReceiveCount: 2 } })
      yield* sqs.send(redriven, "hello")
      const pipeline = yield* Pipeline.start({ queues: [{ queue: redriven, hasRedrivePolicy: true }] })
      yield* passes("3 minutes")
      assert.deepStrictEqual(yield* sqs.inspect(deadLetters), { visible: 1, inFlight: 0 })
      assert.strictEqual(yield* deletedCount, 0)
      assert.deepStrictEqual(yield* logged("Error"), [])
      assert.include((yield* logged("Warn")).join("\n"), "redrive policy")
      yield* pipeline.kill
    })
  )

  law(
    "OutputUnavailable: the message stays leased for as long as it lasts, and nothing is delivered twice",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const output = yield* OutputMemory
      yield* output.fail()
      yield* send(yield* put("a"))
      const pipeline = yield* Pipeline.start()
      yield* passes(Duration.times(Pipeline.visibilityTimeout, 3))
      assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 0, inFlight: 1 })
      assert.isAbove((yield* sqs.calls("extend")).length, 4)
      yield* output.heal
      yield* passes("2 minutes")
      assert.deepStrictEqual(yield* messages, ["of a"])
      assert.strictEqual(yield* deletedCount, 1)
      yield* pipeline.drain
    })
  )

  law(
    "several objects: what is acked already is not shipped again when the message comes back",
    Effect.gen(function* () {
      const s3 = yield* S3ReaderMemory
      const [good, bad] = [yield* put("good"), yield* put("bad")]
      yield* s3.fail({ bucket: "logs", key: "bad" }, Fault.AccessDenied())
      yield* send(good, bad)
      const pipeline = yield* Pipeline.start()
      yield* passes("90 seconds")
      assert.strictEqual(yield* deletedCount, 0, "it settles as a whole")
      yield* s3.heal({ bucket: "logs", key: "bad" })
      yield* passes("5 minutes")
      assert.deepStrictEqual(yield* messages, ["of good", "of bad"])
      assert.strictEqual(yield* deletedCount, 1)
      yield* pipeline.drain
    })
  )

  law(
    "drain: no message is taken any more, those in flight come to their end and are deleted",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const output = yield* OutputMemory
      yield* output.pause
      yield* send(yield* put("a"))
      const pipeline = yield* Pipeline.start()
      yield* passes("5 seconds")
      const drained = yield* Effect.forkChild(pipeline.drain)
      yield* passes("5 seconds")
      yield* send(yield* put("late"))
      yield* passes("30 seconds")
      assert.isUndefined(drained.pollUnsafe(), "one is still in flight")
      yield* output.resume
      yield* passes("5 seconds")
      assert.isDefined(drained.pollUnsafe())
      assert.deepStrictEqual(yield* messages, ["of a"])
      assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 1, inFlight: 0 })
    })
  )

  law(
    "shutdown: what is not acked is visible again at once",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const output = yield* OutputMemory
      yield* output.pause
      yield* send(yield* put("a"))
      const pipeline = yield* Pipeline.start()
      yield* passes("5 seconds")
      assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 0, inFlight: 1 })
      const killed = yield* Effect.forkChild(pipeline.kill)
      yield* passes("5 seconds")
      assert.isDefined(killed.pollUnsafe())
      assert.deepStrictEqual(yield* releases, [0])
      assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 1, inFlight: 0 })
    })
  )

  law(
    "a queue that cannot be polled is said once, tried again with backoff, and said once when it is back",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      yield* sqs.fail("receive", SqsFault.CallFails({ reason: new Unavailable({ detail: "throttled" }), times: 4 }))
      yield* send(yield* put("a"))
      const pipeline = yield* Pipeline.start()
      yield* passes("3 minutes")
      assert.strictEqual((yield* logged("Warn")).filter((text) => text.startsWith("Cannot poll")).length, 1)
      assert.strictEqual((yield* logged("Info")).filter((text) => text.includes("can be polled again")).length, 1)
      assert.deepStrictEqual(yield* messages, ["of a"])
      yield* pipeline.drain
    })
  )

  law(
    "however long a queue cannot be polled, it is asked at least every 36 s, and so is polled within a minute of its return",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      yield* sqs.fail("receive", SqsFault.CallFails({ reason: new Unavailable({ detail: "away" }), times: Infinity }))
      yield* send(yield* put("a"))
      const pipeline = yield* Pipeline.start()
      yield* passes("1 hour")
      assert.isAtLeast((yield* sqs.calls("receive")).length, 3600 / 36)
      yield* sqs.heal("receive")
      yield* passes("37 seconds")
      assert.strictEqual(yield* deletedCount, 1)
      yield* pipeline.drain
    })
  )

  law(
    "no more messages are taken than there is room for",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const output = yield* OutputMemory
      yield* output.pause
      for (let i = 0; i < 20; i++) yield* send(yield* put(`o${i}`))
      const pipeline = yield* Pipeline.start({ maxInFlightMessages: 7 })
      yield* passes("1 minute")
      assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 13, inFlight: 7 })
      yield* output.resume
      yield* passes("1 minute")
      assert.strictEqual(yield* deletedCount, 20)
      yield* pipeline.drain
    })
  )

  law(
    "an object that is larger than its notification says waits for its true share of memory",
    Effect.gen(function* () {
      const output = yield* OutputMemory
      const s3 = yield* S3ReaderMemory
      yield* output.pause
      // Each takes 8 MiB, and half of all there are may be spent on reading.
      for (let i = 0; i < 20; i++) yield* send({ ...(yield* put(`o${i}`, Buffer.alloc(400_000, "a"))), size: 1 })
      const pipeline = yield* Pipeline.start({ maxBytesInFlight: 32 * 1024 * 1024 })
      yield* passes("1 minute")
      assert.strictEqual(yield* s3.openNow, 2)
      yield* output.resume
      yield* passes("1 minute")
      assert.strictEqual(yield* deletedCount, 20)
      yield* pipeline.drain
    })
  )

  law(
    "a period longer than a long poll is slept through only when the queue was empty",
    Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory
      const pipeline = yield* Pipeline.start({ period: Duration.minutes(5) })
      yield* passes("11 minutes")
      assert.strictEqual((yield* sqs.calls("receive")).length, 3)
      yield* pipeline.kill
    })
  )
})
