/**
 * A Publisher over an output in memory.
 */
import { Duration, Effect, type Fiber, Layer } from "effect"
import { Publisher } from "../../src/output/Publisher.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import { eventBatch } from "./eventBatch.ts"
import * as Logged from "./Logged.ts"

/** The limits where a test names no others. */
export const defaults: PublisherCoalescing.CoalescingOptions = {
  maxEvents: 1000,
  maxBytes: 1_000_000,
  maxWait: Duration.millis(100)
}

/** The Publisher, its output, the output's far side, and the log. */
export const layerOf = (options: Partial<PublisherCoalescing.CoalescingOptions> = {}, concurrency = 1) =>
  Layer.provideMerge(
    PublisherCoalescing.layer({ ...defaults, ...options }),
    Layer.merge(OutputMemory.layer({ concurrency }), Logged.layer)
  )

/** The output's far side. */
export const memory = OutputMemory.OutputMemory

/** Publishes the texts as one batch. */
export const publish = (...texts: ReadonlyArray<string>) =>
  Effect.flatMap(Publisher, (publisher) => publisher.publish(eventBatch(...texts)))

/** Lets every fiber go as far as it comes without time passing. */
export const settled = Effect.replicateEffect(Effect.yieldNow, 50, { discard: true })

/** Publishes in a fiber of its own, which has gone as far as it comes. */
export const forkPublish = (...texts: ReadonlyArray<string>) => Effect.tap(Effect.forkChild(publish(...texts)), settled)

/** Whether the fiber has not come to its end. */
export const isWaiting = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.pollUnsafe() === undefined
