import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { empty, type EventBatch } from "../../src/domain/EventBatch.ts"
import { Output } from "../../src/output/Output.ts"
import { Publisher } from "../../src/output/Publisher.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { eventBatch } from "../support/eventBatch.ts"
import { defaults, forkPublish, layerOf, memory, publish, settled } from "../support/publisherWorld.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

describe("Publisher: coalescing", () => {
  it.effect("while nothing is in flight a batch goes at once, and no time passes", () =>
    Effect.gen(function* () {
      yield* publish("1")
      yield* publish("2")
      assert.deepStrictEqual(yield* (yield* memory).batches, [["1"], ["2"]])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("those who come in the same breath go together", () =>
    Effect.gen(function* () {
      yield* settled
      yield* Effect.all([publish("1"), publish("2", "3"), publish("4")], { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* (yield* memory).batches, [["1", "2", "3", "4"]])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("what comes while a batch is in flight goes together in the next one, in order", () =>
    Effect.gen(function* () {
      const { batches, pause, resume } = yield* memory
      yield* pause
      const early = yield* forkPublish("0")
      const late = yield* Effect.forEach(Array.from({ length: 100 }), (_, i) => forkPublish(`${i + 1}`))
      yield* resume
      yield* Fiber.joinAll([early, ...late])
      assert.deepStrictEqual(yield* batches, [["0"], Array.from({ length: 100 }, (_, i) => `${i + 1}`)])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a batch never exceeds the limits, unless a single caller brings more, whose batch goes as it is", () =>
    Effect.gen(function* () {
      const { batches, pause, resume } = yield* memory
      yield* pause
      const callers = [["0"], ["1", "2"], ["3", "4"], ["5", "6", "7", "8", "9"], ["a"], ["bbbbbbbbbbbbbbb"], ["c"]]
      const fibers = yield* Effect.forEach(callers, (texts) => forkPublish(...texts))
      yield* resume
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(yield* batches, [
        ["0"],
        ["1", "2", "3", "4"],
        ["5", "6", "7", "8", "9"],
        ["a"],
        ["bbbbbbbbbbbbbbb"],
        ["c"]
      ])
    }).pipe(Effect.provide(layerOf({ maxEvents: 4, maxBytes: 17 })))
  )

  it.effect("batches are handed over as they are, without a copy", () =>
    Effect.gen(function* () {
      const handed: Array<ReadonlyArray<EventBatch>> = []
      const output = Output.of({
        name: "test",
        concurrency: 1,
        publish: (batches) => Effect.sync(() => void handed.push(batches))
      })
      const batches = ["1", "2", "3"].map((text) => eventBatch(text))
      yield* Effect.gen(function* () {
        const publisher = yield* Publisher
        yield* Effect.forEach(batches, publisher.publish, { concurrency: "unbounded" })
      }).pipe(Effect.provide(Layer.provide(PublisherCoalescing.layer(defaults), Layer.succeed(Output, output))))
      assert.lengthOf(handed, 1)
      handed[0]?.forEach((batch, i) => assert.strictEqual(batch, batches[i]))
    })
  )

  it.effect("no events are acknowledged at once and not sent", () =>
    Effect.gen(function* () {
      yield* (yield* Publisher).publish(empty)
      assert.strictEqual(yield* (yield* memory).attempts, 0)
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("Publisher: an output that takes several batches at a time", () => {
  it.effect("a small batch waits for a fuller one while another is in flight, but no longer than maxWait", () =>
    Effect.gen(function* () {
      const { attempts, batches, pause, resume } = yield* memory
      yield* pause
      yield* forkPublish("in flight")
      yield* forkPublish("1")
      yield* TestClock.adjust("99 millis")
      yield* forkPublish("2")
      assert.strictEqual(yield* attempts, 1)
      yield* TestClock.adjust("1 millis")
      yield* settled
      assert.strictEqual(yield* attempts, 2)
      yield* resume
      yield* settled
      assert.deepStrictEqual(yield* batches, [["in flight"], ["1", "2"]])
    }).pipe(Effect.provide(layerOf({}, 2)))
  )

  it.effect("a full batch does not wait", () =>
    Effect.gen(function* () {
      const { attempts, pause } = yield* memory
      yield* pause
      yield* forkPublish("in flight")
      yield* forkPublish("1")
      assert.strictEqual(yield* attempts, 1)
      yield* forkPublish("2")
      assert.strictEqual(yield* attempts, 2)
    }).pipe(Effect.provide(layerOf({ maxEvents: 2 }, 2)))
  )

  it.effect("once nothing is in flight any more, a small batch goes at once", () =>
    Effect.gen(function* () {
      const { batches, pause, resume } = yield* memory
      yield* pause
      yield* forkPublish("in flight")
      const small = yield* forkPublish("1")
      yield* resume
      yield* Fiber.join(small)
      assert.deepStrictEqual(yield* batches, [["in flight"], ["1"]])
    }).pipe(Effect.provide(layerOf({}, 2)))
  )

  it.effect("no more batches are in flight than it takes, and none of them is held back", () =>
    Effect.gen(function* () {
      const { pause, publishing } = yield* memory
      yield* pause
      for (let i = 0; i < 10; i++) {
        yield* forkPublish(`${i}`)
        assert.strictEqual(yield* publishing, Math.min(i + 1, 3))
      }
    }).pipe(Effect.provide(layerOf({ maxEvents: 1 }, 3)))
  )
})

describe("Publisher: events that are refused", () => {
  it.effect("are told to their own caller, by their index there, and the other callers succeed", () =>
    Effect.gen(function* () {
      const { batches, pause, reject, resume } = yield* memory
      yield* reject((event) => event.startsWith("bad"))
      yield* pause
      yield* forkPublish("in flight")
      const callers = yield* Effect.forEach([["a"], ["b", "bad 1", "c", "bad 2"], ["d"], ["bad 3"], ["e"]], (texts) =>
        forkPublish(...texts)
      )
      yield* resume
      const outcomes = yield* Effect.forEach(callers, (fiber) => Effect.result(Fiber.join(fiber)))
      assert.deepStrictEqual(
        outcomes.map((outcome) => (outcome._tag === "Failure" ? outcome.failure.events : "acknowledged")),
        [
          "acknowledged",
          [
            { index: 1, detail: "the test refuses it" },
            { index: 3, detail: "the test refuses it" }
          ],
          "acknowledged",
          [{ index: 0, detail: "the test refuses it" }],
          "acknowledged"
        ]
      )
      assert.deepStrictEqual(yield* batches, [["in flight"], ["a", "b", "c", "d", "e"]])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("are not sent again", () =>
    Effect.gen(function* () {
      const { attempts, reject } = yield* memory
      yield* reject(() => true)
      yield* Effect.flip(publish("1"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* attempts, 1)
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("Publisher: its laws together", () => {
  it.effect("a defect of the output reaches those whose events it met, and no one else", () =>
    Effect.gen(function* () {
      const { events, reject } = yield* memory
      yield* reject(() => {
        throw new Error("a defect of this test")
      })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(publish("1"))))
      yield* reject(() => false)
      yield* publish("2")
      assert.deepStrictEqual(yield* events, ["2"])
    }).pipe(Effect.provide(layerOf()))
  )

  const caller = fc.record({
    texts: fc.array(fc.constantFrom("good", "bad", "a longer event"), { minLength: 1, maxLength: 5 }),
    after: fc.integer({ min: 0, max: 5000 }),
    patience: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 5000 }))
  })
  const world = fc.record({
    callers: fc.array(caller, { minLength: 1, maxLength: 30 }),
    maxEvents: fc.integer({ min: 1, max: 12 }),
    maxBytes: fc.integer({ min: 1, max: 300 }),
    maxWait: fc.integer({ min: 0, max: 2000 }).map(Duration.millis),
    latency: fc.integer({ min: 0, max: 1000 }).map(Duration.millis),
    failures: fc.integer({ min: 0, max: 4 }),
    concurrency: fc.integer({ min: 1, max: 4 })
  })

  it.effect(
    "every event of a caller who was acknowledged has arrived once, of one who was interrupted at most once",
    () =>
      checkProperty(world, ({ callers, concurrency, failures, latency, ...options }) =>
        Effect.gen(function* () {
          const { batches, fail, reject, setLatency } = yield* memory
          yield* reject((event) => event.includes("bad"))
          yield* setLatency(latency)
          yield* fail(failures)
          const outcomes = yield* Effect.forEach(
            callers.map(({ texts, ...caller }, i) => ({
              ...caller,
              texts: texts.map((text, n) => `${i}.${n} ${text}`)
            })),
            ({ after, patience, texts }) =>
              publish(...texts).pipe(
                Effect.as<ReadonlyArray<number>>([]),
                Effect.catch(({ events }) => Effect.succeed(events.map(({ index }) => index))),
                Effect.timeoutOption(patience),
                Effect.delay(after),
                Effect.map((rejected) => ({ texts, rejected }))
              ),
            { concurrency: "unbounded" }
          ).pipe(whileTimePasses)
          const arrived = (yield* batches).flat()
          assert.lengthOf(new Set(arrived), arrived.length)
          for (const { rejected, texts } of outcomes) {
            if (rejected._tag === "None") continue
            const bad = texts.flatMap((text, index) => (text.includes("bad") ? [index] : []))
            assert.deepStrictEqual(rejected.value, bad)
            assert.includeMembers(
              arrived,
              texts.filter((_, index) => !bad.includes(index))
            )
          }
        }).pipe(Effect.provide(Layer.fresh(layerOf(options, concurrency))))
      )
  )
})
