/**
 * What the encoder hands to the output: many events, each one line of JSON, in one slab of bytes.
 */

import { copyBytes } from "./copyBytes.ts"

/**
 * Encoded events in order.
 *
 * **Shape** Event `i` is the JSON text `bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i] - 1)`; the byte before `ends[i]`
 * is its newline, so that `bytes.subarray(0, ends[count - 1])` is NDJSON as it stands. `ends` may be longer than `count`,
 * `bytes` longer than `ends[count - 1]`.
 *
 * **Guarantee** The slab is not written again for as long as whoever handed it on waits for an answer.
 */
export interface EventBatch {
  readonly bytes: Uint8Array
  readonly count: number
  readonly ends: Uint32Array
}

/** No events. */
export const empty: EventBatch = { bytes: new Uint8Array(0), count: 0, ends: new Uint32Array(0) }

/** How many bytes of NDJSON the batch holds. */
export const byteLength = (batch: EventBatch): number => (batch.count === 0 ? 0 : (batch.ends[batch.count - 1] ?? 0))

/** All events as NDJSON: a view, not a copy. */
export const ndjson = (batch: EventBatch): Uint8Array => batch.bytes.subarray(0, byteLength(batch))

/** The JSON text of event `index`, without its newline, as a view into the slab. */
export const eventAt = ({ bytes, ends }: EventBatch, index: number): Uint8Array =>
  bytes.subarray(index === 0 ? 0 : ends[index - 1], (ends[index] ?? 1) - 1)

/** The JSON text of each event, without its newline, as views into the slab. */
export function* events(batch: EventBatch): Generator<Uint8Array> {
  for (let i = 0; i < batch.count; i++) yield eventAt(batch, i)
}

/**
 * The events of several batches in one, in order. One batch is handed back as it is; more are copied.
 */
export const concat = (batches: ReadonlyArray<EventBatch>): EventBatch => {
  const [first, second] = batches
  if (first === undefined) return empty
  return second === undefined ? first : copyOf(batches)
}

/** The same in `room`, or in memory of its own, which holds nothing else. **Shape** `room` has at least `bytesOf` bytes. */
export const copyOf = (
  batches: ReadonlyArray<EventBatch>,
  room: Buffer = Buffer.allocUnsafeSlow(bytesOf(batches))
): EventBatch & { readonly ends: Uint32Array<ArrayBuffer> } => {
  const ends = new Uint32Array(countOf(batches))
  let at = 0
  let index = 0
  for (const batch of batches) {
    copyBytes(ndjson(batch), room, at)
    for (let i = 0; i < batch.count; i++) ends[index++] = at + (batch.ends[i] ?? 0)
    at += byteLength(batch)
  }
  return { bytes: room.subarray(0, at), count: index, ends }
}

/** How many bytes of NDJSON the batches hold together. */
export const bytesOf = (batches: ReadonlyArray<EventBatch>): number =>
  batches.reduce((size, batch) => size + byteLength(batch), 0)

/** How many events the batches have together. */
export const countOf = (batches: ReadonlyArray<EventBatch>): number =>
  batches.reduce((count, batch) => count + batch.count, 0)
