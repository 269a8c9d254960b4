/**
 * An output in memory: it keeps what it acknowledges, and fails as a test wishes.
 */
import { Context, Duration, Effect, Latch, Layer } from "effect"
import { concat, type EventBatch, events } from "../domain/EventBatch.ts"
import { EventsRejected, Output, OutputError, OutputUnavailable } from "../output/Output.ts"

/** The far side of the in-memory output: what a test looks at, breaks and slows down. */
export class OutputMemory extends Context.Service<
  OutputMemory,
  {
    /** The JSON text of every acknowledged event, in order. */
    readonly events: Effect.Effect<ReadonlyArray<string>>
    /** The same by batch, as they were published. */
    readonly batches: Effect.Effect<ReadonlyArray<ReadonlyArray<string>>>
    /** How often `publish` was called. */
    readonly attempts: Effect.Effect<number>
    /** How many of these calls have not come to their end. */
    readonly publishing: Effect.Effect<number>
    /** From now on it is unavailable, for so many attempts or until `heal`. */
    readonly fail: (times?: number) => Effect.Effect<void>
    /** It is available again. */
    readonly heal: Effect.Effect<void>
    /** No batch is acknowledged, or refused, until `resume`. */
    readonly pause: Effect.Effect<void>
    /** Those who wait go on. */
    readonly resume: Effect.Effect<void>
    /** Every batch takes so long. */
    readonly setLatency: (latency: Duration.Duration) => Effect.Effect<void>
    /** From now on it refuses the events of which this is true, by their JSON text and their index in the batch. */
    readonly reject: (isRefused: (event: string, index: number) => boolean) => Effect.Effect<void>
  }
>()("s3beat/testing/OutputMemory") {}

const NAME = "memory"

const noEvent: (event: string, index: number) => boolean = () => false

const make = Effect.fnUntraced(function* (concurrency: number) {
  const batches: Array<ReadonlyArray<string>> = []
  const gate = yield* Latch.make(true)
  let attempts = 0
  let publishing = 0
  let failures = 0
  let latency = Duration.zero
  let isRefused = noEvent

  const failed = (reason: OutputError["reason"]) => new OutputError({ output: NAME, reason })

  const publish = Effect.fnUntraced(
    function* (published: ReadonlyArray<EventBatch>) {
      attempts++
      publishing++
      yield* gate.await
      yield* Effect.sleep(latency)
      if (failures > 0) {
        failures--
        return yield* failed(new OutputUnavailable({ detail: "the test says so" }))
      }
      const texts = Array.from(events(concat(published)), (event) => Buffer.from(event).toString())
      const refused = texts.flatMap((text, index) =>
        isRefused(text, index) ? { index, detail: "the test refuses it" } : []
      )
      batches.push(texts.filter((text, index) => !isRefused(text, index)))
      if (refused.length > 0) return yield* failed(new EventsRejected({ events: refused }))
    },
    Effect.ensuring(Effect.sync(() => void publishing--))
  )

  return Context.make(Output, { name: NAME, concurrency, publish }).pipe(
    Context.add(OutputMemory, {
      events: Effect.sync(() => batches.flat()),
      batches: Effect.sync(() => batches.slice()),
      attempts: Effect.sync(() => attempts),
      publishing: Effect.sync(() => publishing),
      fail: (times = Infinity) => Effect.sync(() => void (failures = times)),
      heal: Effect.sync(() => void (failures = 0)),
      pause: Effect.asVoid(gate.close),
      resume: Effect.asVoid(gate.open),
      setLatency: (value) => Effect.sync(() => void (latency = value)),
      reject: (predicate) => Effect.sync(() => void (isRefused = predicate))
    })
  )
})

/** An `Output` that takes `concurrency` batches at a time, by default one, and its far side. */
export const layer = (options: { readonly concurrency?: number } = {}): Layer.Layer<Output | OutputMemory> =>
  Layer.effectContext(make(options.concurrency ?? 1))
