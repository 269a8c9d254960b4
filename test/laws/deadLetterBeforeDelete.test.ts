/**
 * The law of dead letters: a rejected message is deleted only after its dead letter is safe, and nothing is in neither place.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import * as fc from "fast-check"
import { DeadLetters } from "../../src/deadletter/DeadLetters.ts"
import { Unavailable } from "../../src/domain/reasons.ts"
import * as DeadLettersMemory from "../../src/testing/DeadLettersMemory.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import { S3ReaderMemory } from "../../src/testing/S3ReaderMemory.ts"
import * as SqsSourceMemory from "../../src/testing/SqsSourceMemory.ts"
import { checkProperty } from "../support/checkProperty.ts"
import * as Pipeline from "../support/pipeline.ts"
import { passes } from "../support/pipelineTime.ts"

const { queue } = Pipeline

/** What is wrong with a message: all of it, or some events of its object. */
const message = fc.constantFrom("unreadable" as const, "refused events" as const)

const schedule = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 8 }),
  failures: fc.integer({ min: 0, max: 6 }),
  latency: fc.constantFrom(0, 500, 30_000, 400_000),
  deletesFail: fc.integer({ min: 0, max: 2 }),
  /** The daemon is killed after each of these seconds, and started again. */
  lives: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 })
})

/** Notes since when the letters of a message are safe, and of which kind. */
const ledgerOf = (safe: Map<string, number>) =>
  Layer.effect(
    DeadLetters,
    Effect.map(DeadLetters, (deadLetters) =>
      DeadLetters.of({
        ...deadLetters,
        keep: (letters) =>
          Effect.tap(deadLetters.keep(letters), () =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              for (const { messageId } of letters) if (!safe.has(messageId)) safe.set(messageId, now)
            })
          )
      })
    )
  )

type PlanOf<A> = A extends fc.Arbitrary<infer Plan> ? Plan : never

const run = (plan: PlanOf<typeof schedule>) => {
  const safe = new Map<string, number>()
  return Effect.gen(function* () {
    const sqs = yield* SqsSourceMemory.SqsSourceMemory
    const s3 = yield* S3ReaderMemory
    const deadLetters = yield* DeadLettersMemory.DeadLettersMemory
    yield* (yield* OutputMemory).reject((event) => event.includes("bad"))
    yield* deadLetters.fail(plan.failures)
    yield* deadLetters.setLatency(Duration.millis(plan.latency))
    yield* sqs.fail(
      "delete",
      SqsSourceMemory.Fault.CallFails({ reason: new Unavailable({ detail: "throttled" }), times: plan.deletesFail })
    )
    const sent = yield* Effect.forEach(plan.messages, (what, i) =>
      what === "unreadable"
        ? sqs.send(queue, "hello")
        : Effect.flatMap(s3.put({ bucket: "logs", key: `${i}` }, Buffer.from("good\nbad\n")), (ref) =>
            sqs.send(queue, Pipeline.notificationOf(ref))
          )
    )

    const look = Effect.gen(function* () {
      const deleted = yield* sqs.deleted
      for (const { at, messageId } of deleted) {
        assert.isAtMost(safe.get(messageId) ?? Infinity, at, `${messageId} was deleted before it was safe`)
      }
      const { inFlight, visible } = yield* sqs.inspect(queue)
      assert.strictEqual(inFlight + visible + deleted.length, sent.length, "a message is in neither place")
      return deleted.length === sent.length
    })

    for (const seconds of plan.lives) {
      const pipeline = yield* Pipeline.start()
      yield* passes(Duration.seconds(seconds))
      const killed = yield* Effect.forkChild(pipeline.kill)
      while (killed.pollUnsafe() === undefined) yield* passes(Duration.zero)
      yield* look
    }
    const pipeline = yield* Pipeline.start()
    for (let minute = 0; minute < 240 && !(yield* look); minute++) yield* passes("1 minute")
    yield* pipeline.kill
    assert.isTrue(yield* look, "in the end every message is deleted")
    const kept = new Set((yield* deadLetters.letters).map(({ messageId }) => messageId))
    assert.deepStrictEqual([...kept].toSorted(), sent.toSorted())
  }).pipe(Effect.provide(Layer.fresh(Pipeline.layerWith(Layer.provideMerge(ledgerOf(safe), DeadLettersMemory.layer)))))
}

describe("law", () => {
  it.effect(
    "a rejected message is deleted only after its dead letter is safe, and nothing is in neither place",
    () => checkProperty(schedule, run, { numRuns: 25 }),
    60_000
  )
})
