/**
 * How much is held in memory, whatever the objects are and the output does.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fc from "fast-check"
import { byteLength } from "../../src/domain/EventBatch.ts"
import { Publisher } from "../../src/output/Publisher.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { lawRuns, lawTimeout } from "../support/lawRuns.ts"
import { isQueueEmpty } from "../support/hurry.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"

const schedule = fc.record({
  /** In lines of some 600 bytes as events. */
  objects: fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 2, maxLength: 10 }),
  budget: fc.constantFrom(600_000, 1_000_000, 4_000_000)
})

type PlanOf<A> = A extends fc.Arbitrary<infer Plan> ? Plan : never

/** Counts the bytes that wait for their acknowledgement. */
const weighed = (scales: { now: number; most: number }) =>
  Layer.effect(
    Publisher,
    Effect.map(Publisher, ({ publish }) =>
      Publisher.of({
        publish: (batch) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              scales.now += byteLength(batch)
              scales.most = Math.max(scales.most, scales.now)
            }),
            () => publish(batch),
            () => Effect.sync(() => void (scales.now -= byteLength(batch)))
          )
      })
    )
  )

const run = ({ budget, objects }: PlanOf<typeof schedule>) => {
  const scales = { now: 0, most: 0 }
  const publisher = weighed(scales).pipe(
    Layer.provide(PublisherCoalescing.layer({ maxEvents: 2048, maxBytes: 1_000_000, maxWait: Duration.millis(20) })),
    Layer.provideMerge(OutputMemory.layer())
  )
  return Effect.gen(function* () {
    const output = yield* OutputMemory.OutputMemory
    yield* output.pause
    yield* World.start({ maxBytesInFlight: budget })
    for (const [index, lines] of objects.entries()) {
      yield* World.upload(World.linesOf(`o${index}`, ...Array.from({ length: lines }, (_, i) => `${index} ${i}`)))
    }
    yield* World.until(
      "something waits for the output",
      Effect.sync(() => scales.now > 0)
    )
    // As much as is going to wait does by now: nothing is acknowledged.
    yield* Effect.sleep("500 millis")
    yield* output.resume
    yield* World.until("the queue is empty", isQueueEmpty)
    // What is over the whole budget by itself waits for all of it: a batch is as large as a chunk of its object.
    assert.isAtMost(scales.most, Math.max(budget, LARGEST_BATCH))
    const lines = objects.reduce((sum, lines) => sum + lines, 0)
    assert.strictEqual((yield* output.events).length, lines)
  }).pipe(
    Effect.scoped,
    Effect.provide(publisher.pipe(Layer.provideMerge(World.layerWithoutOutput()), Layer.provideMerge(Logged.layer)))
  )
}

/** The events of one chunk of 4000 lines of a few bytes. */
const LARGEST_BATCH = 4000 * 700

describe("laws of memory", () => {
  it.live(
    "the bytes between decoder and acknowledgement stay within their budget, however long the output is stalled",
    () => checkProperty(schedule, run, lawRuns(4)),
    lawTimeout
  )
})
