import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fc from "fast-check"
import * as Collector from "../../../src/demo/Collector.ts"
import { Publisher } from "../../../src/output/Publisher.ts"
import * as PublisherCoalescing from "../../../src/output/PublisherCoalescing.ts"
import { checkProperty } from "../../support/checkProperty.ts"
import { eventBatch } from "../../support/eventBatch.ts"
import { layer as logged } from "../../support/Logged.ts"
import { layerOf, type Options, publish } from "../../support/logstashWorld.ts"
import * as Wire from "../../support/LumberjackWire.ts"

const messages = fc.sample(fc.string({ unit: "grapheme", maxLength: 300 }), 200)

/** Events that differ, of all sizes and characters. */
const randomEvents = (count: number) =>
  Array.from({ length: count }, (_, id) => JSON.stringify({ id, message: messages[id % messages.length] }))

/** The events in batches of random sizes. */
const batches = (events: ReadonlyArray<string>, sizes: ReadonlyArray<number>) => {
  const all: Array<ReadonlyArray<string>> = []
  for (let at = 0, i = 0; at < events.length; i++) {
    const next = at + (sizes[i % sizes.length] ?? 1)
    all.push(events.slice(at, next))
    at = next
  }
  return all
}

/** How one may set it. */
const settings = fc.record({
  worker: fc.integer({ min: 1, max: 3 }),
  pipelining: fc.integer({ min: 1, max: 4 }),
  bulkMaxSize: fc.integer({ min: 20, max: 700 }),
  compressionLevel: fc.integer({ min: 0, max: 9 }),
  slowStart: fc.boolean(),
  loadbalance: fc.boolean()
})

const sizesOfBatches = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 20 })

/** A Publisher over the output, as the daemon has it, with pauses that a test can wait for. */
const publisher = (options: Options) =>
  PublisherCoalescing.layer({ maxEvents: 1000, maxBytes: 200_000, maxWait: Duration.millis(5) }).pipe(
    Layer.provide(layerOf(options))
  )

const publishAll = (all: ReadonlyArray<ReadonlyArray<string>>, options: Options) =>
  Effect.flatMap(Publisher, ({ publish }) =>
    Effect.forEach(all, (texts) => publish(eventBatch(...texts)), { concurrency: 12, discard: true })
  ).pipe(Effect.provide(publisher(options)))

const events = randomEvents(10_000)

const sorted = (texts: Iterable<string>) => [...texts].toSorted()

/** Milliseconds: a machine with more to do than this takes its time. */
const PATIENCE = 30_000

describe("LogstashOutput: ten thousand random events", () => {
  it.live(
    "arrive exactly once at collectors that behave",
    () =>
      checkProperty(
        fc.record({ options: settings, sizes: sizesOfBatches }),
        ({ options, sizes }) =>
          Effect.gen(function* () {
            const collectors = [yield* Collector.make(), yield* Collector.make()]
            const hosts = collectors.map(({ port }) => ({ host: "127.0.0.1", port }))
            yield* publishAll(batches(events, sizes), { ...options, hosts })
            const arrived = (yield* Effect.all(collectors.map(({ events }) => events))).flat()
            assert.isTrue(sorted(arrived).join("\n") === sorted(events).join("\n"))
          }).pipe(Effect.scoped),
        { numRuns: 3 }
      ).pipe(Effect.provide(logged)),
    PATIENCE
  )

  it.live(
    "arrive at least once at collectors that do not, and what was lost on the way comes again as it was",
    () =>
      checkProperty(
        fc.record({
          options: settings,
          sizes: sizesOfBatches,
          cuts: fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 2, maxLength: 20 })
        }),
        ({ cuts, options, sizes }) =>
          Effect.gen(function* () {
            const wires = [yield* Wire.make(), yield* Wire.make()]
            const faults = cuts.map((count, i) => [Wire.endsAfter, Wire.resetsAfter, Wire.acksPartly][i % 3]?.(count))
            for (const wire of wires) wire.behave(...faults.flatMap((fault) => fault ?? []), Wire.acksWindows)
            const hosts = wires.map(({ address }) => address)
            yield* publishAll(batches(events, sizes), { ...options, hosts })
            const arrived = wires.flatMap((wire) => wire.arrived())
            assert.isTrue(sorted(new Set(arrived)).join("\n") === sorted(events).join("\n"))
            assert.deepStrictEqual(
              wires.flatMap((wire) => wire.wrong()),
              []
            )
          }).pipe(Effect.scoped),
        { numRuns: 3 }
      ).pipe(Effect.provide(logged)),
    PATIENCE
  )

  it.live(
    "nothing that a collector has acknowledged is sent again, wherever its connections end",
    () =>
      checkProperty(
        fc.record({
          compressionLevel: fc.integer({ min: 0, max: 1 }),
          pipelining: fc.integer({ min: 1, max: 3 }),
          bulkMaxSize: fc.integer({ min: 1, max: 50 }),
          cuts: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 10 })
        }),
        ({ cuts, ...options }) =>
          Effect.gen(function* () {
            const wire = yield* Wire.make()
            wire.behave(...cuts.map(Wire.endsAfter), Wire.acksWindows)
            const some = events.slice(0, 300)
            yield* publish(...some).pipe(Effect.provide(layerOf({ ...options, hosts: [wire.address] })))
            assert.deepStrictEqual(wire.arrived(), some)
          }).pipe(Effect.scoped),
        { numRuns: 20 }
      ).pipe(Effect.provide(logged)),
    PATIENCE
  )
})
