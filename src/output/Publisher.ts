/**
 * Between the pipeline and the output: coalesces the events of many objects into batches worth a round trip, tries again
 * until the output takes them, and acknowledges each caller on its own.
 */
import type { Effect } from "effect"
import { Context } from "effect"
import type { EventBatch } from "../domain/EventBatch.ts"
import type { EventsRejected } from "./Output.ts"

/** The way to the output. */
export class Publisher extends Context.Service<
  Publisher,
  {
    /**
     * Ships the events and returns when the output has acknowledged every one of them.
     *
     * **Guarantee** While the output is unavailable this waits and tries again, for ever. Interruption gives the events up:
     * they may or may not arrive.
     *
     * **Errors** `EventsRejected`, with indexes into `batch`: those events will never be taken; the others are acknowledged.
     */
    readonly publish: (batch: EventBatch) => Effect.Effect<void, EventsRejected>
  }
>()("s3beat/output/Publisher") {}
