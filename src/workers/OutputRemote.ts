/**
 * An output that is one place, a file or stdout: the main thread has it, and workers hand it their events.
 */
import { Effect, Layer, Schema } from "effect"
import { copyOf } from "../domain/EventBatch.ts"
import { EventsRejected, Output, OutputError } from "../output/Output.ts"
import { MainThread } from "./MainThread.ts"

/** The main thread makes one batch of what several workers send at a time, so one each is enough to keep it busy. */
const CONCURRENCY = 1

const decodeRejection = Schema.decodeUnknownSync(EventsRejected)

/**
 * **Guarantee** Acknowledged when the output of the main thread has acknowledged. The events are copied once, and then handed
 * over. While the output is unavailable this waits: trying again is the main thread's.
 */
export const layer = (name: string): Layer.Layer<Output, never, MainThread> =>
  Layer.effect(
    Output,
    Effect.map(MainThread, (main) =>
      Output.of({
        name,
        concurrency: CONCURRENCY,
        publish: Effect.fnUntraced(function* (batches) {
          const { bytes, ends } = copyOf(batches)
          const answer = yield* main.ask({ _tag: "Publish", bytes, ends }, [bytes.buffer, ends.buffer])
          if (answer._tag === "Failed") {
            return yield* new OutputError({ output: name, reason: decodeRejection(answer.error) })
          }
        })
      })
    )
  )
