/**
 * The port to wherever events go.
 */
import type { Effect } from "effect"
import { Context, Schema } from "effect"
import type { EventBatch } from "../domain/EventBatch.ts"

/** The output cannot take events now: it is down, slow, or full. */
export class OutputUnavailable extends Schema.TaggedError<OutputUnavailable>()("OutputUnavailable", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/**
 * The output took the batches but refused single events for good, by their index, which is counted through all batches. All the
 * others are acknowledged.
 */
export class EventsRejected extends Schema.TaggedError<EventsRejected>()("EventsRejected", {
  events: Schema.Array(Schema.Struct({ index: Schema.Int, detail: Schema.String }))
}) {
  get detail() {
    return `${this.events.length} events were refused, the first because: ${this.events[0]?.detail ?? "unknown"}`
  }
  override get message() {
    return this.detail
  }
}

/**
 * Batches were not acknowledged, or not whole.
 *
 * **Errors** `OutputUnavailable`: nothing of them counts as acknowledged, publish them again. `EventsRejected`: do not publish
 * them again.
 */
export class OutputError extends Schema.TaggedError<OutputError>()("OutputError", {
  output: Schema.String,
  reason: Schema.Union([OutputUnavailable, EventsRejected])
}) {
  override get message() {
    return `output.${this.output}: ${this.reason.detail}`
  }
}

/**
 * Where events go. Implement this to extend s3beat with an output of your own.
 */
export class Output extends Context.Service<
  Output,
  {
    /** The output's name in the config and in logs: `file`, `console`. */
    readonly name: string

    /** How often it takes batches at a time; `publish` is never called by more fibers than this. */
    readonly concurrency: number

    /**
     * Ships batches together and returns when they are acknowledged: from then on s3beat may delete the messages that the events
     * came from, and no one else has a copy.
     *
     * **Shape** At least one batch, each of at least one event, in their order; see `EventBatch`, whose `concat` makes one of them for an
     * output that wants one. The slabs may be kept until `publish` returns, and must not be written.
     *
     * **Guarantee** asked of an implementation: returns only when the events are as safe as this output can make them;
     * interruption leaves it usable. Not asked: retries, which are the Publisher's.
     */
    readonly publish: (batches: ReadonlyArray<EventBatch>) => Effect.Effect<void, OutputError>
  }
>()("s3beat/output/Output") {}
