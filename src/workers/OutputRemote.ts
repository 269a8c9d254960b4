/**
 * An output that only the main thread has, as it alone has stdout: workers hand it their events.
 */
import { Effect, Layer, Schema } from "effect"
import { bytesOf, copyOf, type EventBatch, ndjson } from "../domain/EventBatch.ts"
import { EventsRejected, Output, OutputError } from "../output/Output.ts"
import { MainThread } from "./MainThread.ts"
import type { SharedEvents } from "./protocol.ts"

/** So that the output has slabs of several batches to put together while it is busy. Small events wait for each other before. */
const CONCURRENCY = 4

/** What is shared at least, so that batches of different sizes have room in the same memory, and what is kept at most. **Units** Bytes. */
const LEAST_BYTES = 1024 * 1024
const KEPT_BYTES = 4 * LEAST_BYTES
const KEPT_ROOMS = 2

const noRoom = Buffer.alloc(0)

const decodeRejection = Schema.decodeUnknownSync(EventsRejected)

/**
 * **Guarantee** Acknowledged when the output of the main thread has acknowledged. Events in memory that both threads see, as the encoder's
 * slabs are, are handed over as they are; others are copied there once. While the output is unavailable this waits: trying again is the
 * main thread's.
 */
export const layer = (name: string): Layer.Layer<Output, never, MainThread> =>
  Layer.effect(
    Output,
    Effect.map(MainThread, (main) => {
      const rooms: Array<Buffer> = []
      const roomFor = (size: number) => {
        const kept = size === 0 ? noRoom : rooms.pop()
        return kept !== undefined && size <= kept.length ? kept : share(size)
      }

      const publish = Effect.fnUntraced(function* (batches: ReadonlyArray<EventBatch>) {
        const room = roomFor(bytesOf(batches.filter((batch) => !isShared(batch))))
        const answer = yield* main.ask({ _tag: "Publish", parts: partsOf(batches, room) })
        if (answer._tag === "Failed") {
          return yield* new OutputError({ output: name, reason: decodeRejection(answer.error) })
        }
        // Without an answer the main thread may still look at it.
        if (room !== noRoom && room.length <= KEPT_BYTES && rooms.length < KEPT_ROOMS) rooms.push(room)
      })

      return Output.of({ name, concurrency: CONCURRENCY, publish })
    })
  )

/** Memory that threads share, of so many bytes or more. Handed over for good, it would have to be made anew for each batch. */
const share = (bytes: number) => Buffer.from(new SharedArrayBuffer(Math.max(bytes, LEAST_BYTES)))

const isShared = ({ bytes }: EventBatch) => bytes.buffer instanceof SharedArrayBuffer

/** The batches in their order; those that are not shared are put into `room`, and those that come one after the other are one part there. */
const partsOf = (batches: ReadonlyArray<EventBatch>, room: Buffer): ReadonlyArray<SharedEvents> => {
  const parts: Array<SharedEvents> = []
  let apart: Array<EventBatch> = []
  let used = 0
  const copyApart = () => {
    if (apart.length === 0) return
    const part = copyOf(apart, room.subarray(used))
    used += part.bytes.length
    apart = []
    parts.push(part)
  }
  for (const batch of batches) {
    if (isShared(batch)) {
      copyApart()
      parts.push({ bytes: ndjson(batch), ends: batch.ends.subarray(0, batch.count) })
    } else {
      apart.push(batch)
    }
  }
  copyApart()
  return parts
}
