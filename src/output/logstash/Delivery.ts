/**
 * Batches on their way over a connection, in windows.
 */
import { promisify } from "node:util"
import { deflate } from "node:zlib"
import { Effect } from "effect"
import type { EventBatch } from "../../domain/EventBatch.ts"
import type { Connection, ConnectionLost } from "./Connection.ts"
import * as EventRange from "./EventRange.ts"
import * as lumberjack from "./lumberjack.ts"
import type { WindowSize } from "./WindowSize.ts"

/** Batches, how many events they have, and how many of these, from the first on, are acknowledged: those are never sent again. */
export interface Delivery {
  readonly batches: ReadonlyArray<EventBatch>
  readonly count: number
  acked: number
}

/** How windows are made. */
export interface WindowOptions {
  readonly size: WindowSize
  /** Of zlib; 0 for no compression. */
  readonly compressionLevel: number
}

/**
 * Sends what is left of the batches, and returns when it is acknowledged.
 *
 * **Errors** `ConnectionLost`: `acked` says how far it came.
 */
export const deliver = Effect.fnUntraced(function* (
  delivery: Delivery,
  connection: Connection,
  { compressionLevel, size }: WindowOptions
): Effect.fn.Return<void, ConnectionLost> {
  const take = EventRange.from(delivery.batches, delivery.acked)
  let acknowledged: Effect.Effect<void, ConnectionLost> = Effect.void
  for (let start = delivery.acked; start < delivery.count;) {
    yield* connection.hasRoom
    const count = Math.min(size.events(), delivery.count - start)
    const bytes = yield* encoded(take(count), count, compressionLevel)
    acknowledged = yield* connection.send({
      bytes,
      count,
      onProgress: (events, isWhole) => {
        delivery.acked += events
        if (isWhole) size.onAcked(count)
      }
    })
    start += count
  }
  // Windows are acknowledged in order, so the last one speaks for all.
  yield* acknowledged
})

const compress = promisify(deflate)

/** Node compresses into pieces of 16 KiB; larger ones are fewer calls. */
const CHUNK_BYTES = 256 * 1024

const encoded = (
  ranges: ReadonlyArray<EventRange.EventRange>,
  count: number,
  level: number
): Effect.Effect<Uint8Array> =>
  Effect.suspend(() => {
    const plain = lumberjack.windowOf(ranges)
    if (level === 0) return Effect.succeed(plain)
    return Effect.map(
      Effect.promise(() => compress(lumberjack.eventFrames(plain), { level, chunkSize: CHUNK_BYTES })),
      (compressed) => lumberjack.compressedWindowOf(count, compressed)
    )
  })
