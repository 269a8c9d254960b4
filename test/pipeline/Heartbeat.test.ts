import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Heartbeat from "../../src/pipeline/Heartbeat.ts"
import * as metrics from "../../src/telemetry/metrics.ts"
import { Logged } from "../support/Logged.ts"
import { forkPublish, isWaiting, layerOf, memory, settled } from "../support/publisherWorld.ts"

const sender = { beatName: "s3beat", version: "1.2.3", fullyQualifiedBeatName: "s3beat_prod" }

/** Starts it in a scope of its own, once an hour. */
const start = Effect.gen(function* () {
  const scope = yield* Scope.make()
  yield* Scope.provide(Heartbeat.run({ sender, interval: Duration.hours(1) }), scope)
  yield* settled
  // As a scope closes in the program: nothing interrupts it.
  return { stop: Effect.uninterruptible(Scope.close(scope, Exit.void)) }
})

/** Whether an event is a heartbeat: what it says, as `code at second`; else the event as it is. */
const said = Effect.map(
  Effect.flatMap(memory, ({ events }) => events),
  (events) =>
    events.map((text) => {
      const { heartbeat } = JSON.parse(text)
      if (heartbeat === undefined) return text
      const { status, time } = JSON.parse(heartbeat)
      return `${status.code} at ${time.seconds}`
    })
)

const pass = (duration: Duration.Input) => Effect.andThen(TestClock.adjust(duration), settled)

describe("Heartbeat", () => {
  it.effect("beats at start, every interval, and at stop", () =>
    Effect.gen(function* () {
      const { stop } = yield* start
      assert.deepStrictEqual(yield* said, ["1 at 0"])
      yield* pass("59 minutes")
      assert.deepStrictEqual(yield* said, ["1 at 0"])
      yield* pass("1 minute")
      yield* pass("1 hour")
      yield* pass("30 minutes")
      assert.deepStrictEqual(yield* said, ["1 at 0", "2 at 3600", "2 at 7200"])
      yield* stop
      yield* pass("5 hours")
      assert.deepStrictEqual(yield* said, ["1 at 0", "2 at 3600", "2 at 7200", "3 at 9000"])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("an output that is down for long gets the one that waited, and then the next when its interval comes", () =>
    Effect.gen(function* () {
      const { fail, heal } = yield* memory
      yield* start
      yield* fail()
      for (let hours = 0; hours < 10; hours++) yield* pass("1 hour")
      yield* heal
      yield* pass("1 minute")
      assert.deepStrictEqual(yield* said, ["1 at 0", "2 at 3600"])
      yield* pass("58 minutes")
      assert.deepStrictEqual(yield* said, ["1 at 0", "2 at 3600"])
      yield* pass("1 minute")
      assert.deepStrictEqual(yield* said, ["1 at 0", "2 at 3600", "2 at 39600"])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("stands in line with the events and holds none of them up", () =>
    Effect.gen(function* () {
      const { pause, resume } = yield* memory
      yield* pause
      yield* start
      const event = yield* forkPublish(`{"message":"a log"}`)
      yield* pass("1 minute")
      assert.isTrue(isWaiting(event))
      yield* resume
      yield* Fiber.join(event)
      assert.deepStrictEqual(yield* said, ["1 at 0", `{"message":"a log"}`])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("the last one gives way to the end of the process when the output is down, and that is said", () =>
    Effect.gen(function* () {
      const { pause, resume } = yield* memory
      const { stop } = yield* start
      yield* pause
      yield* pass("1 hour")
      const stopping = yield* Effect.forkChild(stop)
      yield* pass(Duration.subtract(Heartbeat.STOP_LIMIT, Duration.millis(1)))
      assert.isTrue(isWaiting(stopping))
      yield* pass("1 millis")
      assert.isFalse(isWaiting(stopping))
      assert.deepStrictEqual(yield* (yield* Logged).lines, [
        { level: "Warn", text: "The output did not take the last heartbeat; stops without it." }
      ])
      yield* resume
      yield* pass("1 hour")
      assert.notInclude(yield* said, "3 at 3600")
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("at stop one that still waits is given up: the last one says how things are now", () =>
    Effect.gen(function* () {
      const { pause, resume } = yield* memory
      const { stop } = yield* start
      yield* pause
      yield* forkPublish(`{"message":"a log"}`)
      yield* pass("1 hour")
      yield* pass("30 minutes")
      const stopping = yield* Effect.forkChild(stop)
      yield* settled
      yield* resume
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(yield* said, ["1 at 0", `{"message":"a log"}`, "3 at 5400"])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("an output that refuses heartbeats is named in a warning, and the next one is tried all the same", () =>
    Effect.gen(function* () {
      const { attempts, reject } = yield* memory
      yield* reject(() => true)
      yield* start
      yield* pass("1 hour")
      assert.strictEqual(yield* attempts, 2)
      const lines = yield* (yield* Logged).lines
      assert.deepStrictEqual(
        lines.map(({ level }) => level),
        ["Warn", "Warn"]
      )
      assert.include(lines[0]?.text, "The output refuses heartbeats: 1 events were refused")
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("is no event that is counted", () =>
    Effect.gen(function* () {
      const before = yield* Metric.value(metrics.eventsAcked)
      yield* start
      yield* pass("1 hour")
      assert.lengthOf(yield* said, 2)
      assert.deepStrictEqual(yield* Metric.value(metrics.eventsAcked), before)
    }).pipe(Effect.provide(layerOf()))
  )
})
