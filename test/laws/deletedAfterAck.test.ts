/**
 * The first law: a message is deleted exactly once, and only after all its events are acked.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as DeadLettersNone from "../../src/deadletter/DeadLettersNone.ts"
import { events } from "../../src/domain/EventBatch.ts"
import { Unavailable } from "../../src/domain/reasons.ts"
import { Output } from "../../src/output/Output.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import * as S3ReaderMemory from "../../src/testing/S3ReaderMemory.ts"
import * as SqsSourceMemory from "../../src/testing/SqsSourceMemory.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { notificationOf, queue, start, visibilityTimeout } from "../support/pipeline.ts"

/** What happens to one object, and for how long. */
const fault = fc.oneof(
  { weight: 4, arbitrary: fc.constant("none" as const) },
  fc.constantFrom("unavailable", "cut", "denied for a while", "missing for good")
)

const message = fc.array(fc.record({ records: fc.integer({ min: 0, max: 30 }), fault }), { minLength: 1, maxLength: 4 })

const schedule = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 12 }),
  outputLatency: fc.constantFrom(0, 50, 5_000, 400_000),
  outputFailures: fc.integer({ min: 0, max: 4 }),
  sqsFailures: fc.integer({ min: 0, max: 2 }),
  latency: fc.constantFrom(0, 20, 3_000)
})

const STEP = Duration.seconds(10)

/** Notes when each event was acknowledged. */
const ledgerOf = (acked: Map<string, number>) =>
  Layer.effect(
    Output,
    Effect.gen(function* () {
      const output = yield* Output
      return Output.of({
        ...output,
        publish: (batches) =>
          Effect.tap(output.publish(batches), () =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              for (const event of batches.flatMap((batch) => Array.from(events(batch)))) {
                const { message } = JSON.parse(Buffer.from(event).toString())
                if (!acked.has(message)) acked.set(message, now)
              }
            })
          )
      })
    })
  )

type PlanOf<A> = A extends fc.Arbitrary<infer Plan> ? Plan : never

const run = (plan: PlanOf<typeof schedule>) => {
  const acked = new Map<string, number>()
  const services = Layer.mergeAll(
    DeadLettersNone.layer,
    LeaseBatching.layer({ visibilityTimeout }),
    PublisherCoalescing.layer({ maxEvents: 64, maxBytes: 64 * 1024, maxWait: Duration.millis(100) }).pipe(
      Layer.provide(ledgerOf(acked))
    )
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(SqsSourceMemory.layer, OutputMemory.layer())),
    Layer.provideMerge(S3ReaderMemory.layer)
  )
  return Effect.gen(function* () {
    const sqs = yield* SqsSourceMemory.SqsSourceMemory
    const s3 = yield* S3ReaderMemory.S3ReaderMemory
    const output = yield* OutputMemory.OutputMemory
    yield* sqs.createQueue(queue)
    yield* output.setLatency(Duration.millis(plan.outputLatency))
    yield* output.fail(plan.outputFailures)
    yield* s3.setLatency(Duration.millis(plan.latency))
    yield* sqs.fail(
      "delete",
      SqsSourceMemory.Fault.CallFails({ reason: new Unavailable({ detail: "throttled" }), times: plan.sqsFailures })
    )

    /** By message: the events that must be acknowledged before it may be deleted. */
    const expected = new Map<string, ReadonlyArray<string>>()
    for (const [m, objects] of plan.messages.entries()) {
      const events: Array<string> = []
      const refs = yield* Effect.forEach(
        objects,
        Effect.fnUntraced(function* (object, o) {
          const address = { bucket: "logs", key: `m${m}/o${o}` }
          const lines = Array.from({ length: object.records }, (_, r) => `event ${m} ${o} ${r}`)
          const ref = yield* s3.put(address, Buffer.from(lines.map((line) => `${line}\n`).join("")))
          if (object.fault !== "missing for good") events.push(...lines)
          switch (object.fault) {
            case "unavailable":
              yield* s3.fail(address, S3ReaderMemory.Fault.Unavailable({ times: 8 }))
              break
            case "cut":
              yield* s3.fail(address, S3ReaderMemory.Fault.BodyCut({ at: [3, 17] }))
              break
            case "denied for a while":
              yield* s3.fail(address, S3ReaderMemory.Fault.AccessDenied())
              break
            case "missing for good":
              yield* s3.fail(address, S3ReaderMemory.Fault.ObjectMissing())
              break
            case "none":
              break
          }
          return ref
        })
      )
      expected.set(yield* sqs.send(queue, notificationOf(...refs)), events)
    }

    /** Lets time pass in steps that the fibers can follow. */
    const untilSettled = Effect.fnUntraced(function* (limit: Duration.Duration) {
      for (let passed = Duration.zero; Duration.isLessThan(passed, limit); passed = Duration.sum(passed, STEP)) {
        if ((yield* sqs.deleted).length === expected.size) return
        yield* TestClock.adjust(STEP)
      }
    })

    const pipeline = yield* start()
    // An hour of trouble, then someone mends the policy.
    yield* untilSettled(Duration.hours(1))
    for (const [m, objects] of plan.messages.entries()) {
      for (const [o, object] of objects.entries()) {
        if (object.fault === "denied for a while") yield* s3.heal({ bucket: "logs", key: `m${m}/o${o}` })
      }
    }
    yield* untilSettled(Duration.hours(2))
    yield* pipeline.kill

    const deleted = yield* sqs.deleted
    assert.deepStrictEqual(
      deleted.map(({ messageId }) => messageId).toSorted(),
      [...expected.keys()].toSorted(),
      "every message is deleted exactly once"
    )
    for (const { at, messageId } of deleted) {
      for (const event of expected.get(messageId) ?? []) {
        const ackedAt = acked.get(event)
        assert.isDefined(ackedAt, `${event} was lost`)
        assert.isAtMost(ackedAt ?? Infinity, at, `${event} was acked after its message was deleted`)
      }
    }
    assert.deepStrictEqual(yield* sqs.inspect(queue), { visible: 0, inFlight: 0 })
  }).pipe(Effect.provide(services))
}

describe("law", () => {
  it.effect(
    "a message is deleted exactly once, and only after all its events are acked",
    () => checkProperty(schedule, run, { numRuns: 30 }),
    60_000
  )
})
