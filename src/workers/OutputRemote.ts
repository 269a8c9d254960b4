/**
 * An output that is one place, a file or stdout: the main thread has it, and workers hand it their events.
 */
import { Effect, Layer, Schema } from "effect"
import { bytesOf, copyOf } from "../domain/EventBatch.ts"
import { EventsRejected, Output, OutputError } from "../output/Output.ts"
import { MainThread } from "./MainThread.ts"

/** The main thread makes one batch of what several workers send at a time, so one each is enough to keep it busy. */
const CONCURRENCY = 1

/** What is shared at least, so that batches of different sizes have room in the same memory, and what is kept at most. **Units** Bytes. */
const LEAST_BYTES = 1024 * 1024
const KEPT_BYTES = 4 * LEAST_BYTES

const decodeRejection = Schema.decodeUnknownSync(EventsRejected)

/**
 * **Guarantee** Acknowledged when the output of the main thread has acknowledged. The events are copied once, into memory that both
 * threads see. While the output is unavailable this waits: trying again is the main thread's.
 */
export const layer = (name: string): Layer.Layer<Output, never, MainThread> =>
  Layer.effect(
    Output,
    Effect.map(MainThread, (main) => {
      let kept: Uint8Array | undefined

      const publish = Effect.fnUntraced(function* ({ bytes, ends }: ReturnType<typeof copyOf>, room: Uint8Array) {
        const answer = yield* main.ask({ _tag: "Publish", bytes, ends }, [ends.buffer])
        if (answer._tag === "Failed") {
          return yield* new OutputError({ output: name, reason: decodeRejection(answer.error) })
        }
        // Without an answer the main thread may still look at it.
        if (room.length <= KEPT_BYTES) kept = room
      })

      return Output.of({
        name,
        concurrency: CONCURRENCY,
        publish: (batches) =>
          Effect.suspend(() => {
            const size = bytesOf(batches)
            const room = kept !== undefined && size <= kept.length ? kept : share(size)
            kept = undefined
            return publish(copyOf(batches, room), room)
          })
      })
    })
  )

/** Memory that threads share, of so many bytes or more. Handed over for good, it would have to be made anew for each batch. */
const share = (bytes: number) => new Uint8Array(new SharedArrayBuffer(Math.max(bytes, LEAST_BYTES)))
