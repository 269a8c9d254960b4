/**
 * What a decoder hands on: many records in one slab of bytes, marked by offsets instead of cut into slices.
 */

/**
 * Records in the order in which they stand in the object.
 *
 * **Shape** Record `i` is `bytes.subarray(starts[i], ends[i])`, without its line end or separator. `starts` and `ends` may
 * be longer than `count`; what stands behind it is garbage. Records never overlap, and `starts` ascends. `truncated`, where
 * present, holds the indexes of records that were cut at the limit: what was cut off is not in the slab.
 *
 * `areLines`, where true, says that the records are all lines of `bytes` that are not empty. Lines end with LF or CRLF; the first and
 * the last are not empty, and the last has no end. Whoever walks over the bytes can find them on the way; where the marks are asked for
 * they are made then.
 *
 * **Units** `objectOffset` is the position of `bytes[0]` in the decompressed object, in bytes, so that record `i` begins at
 * `objectOffset + starts[i]` there.
 *
 * **Guarantee** Once handed on, the slab is never written again by its maker; the receiver may keep it as long as it likes, unless it has
 * asked for batches that are transient.
 */
export interface RecordBatch {
  readonly bytes: Uint8Array
  readonly objectOffset: number
  readonly count: number
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly truncated?: ReadonlySet<number>
  readonly areLines?: boolean
}

/** No records. */
export const empty: RecordBatch = {
  bytes: new Uint8Array(0),
  objectOffset: 0,
  count: 0,
  starts: new Uint32Array(0),
  ends: new Uint32Array(0)
}

/** A place between two records: `count` records stand before it, and the next one begins at `at` in the batch's bytes, or behind it. */
export interface Place {
  readonly count: number
  readonly at: number
}

/** Before the first record of any batch. */
export const beginning: Place = { count: 0, at: 0 }

/** Whether no record is behind the place. **Guarantee** Lines are not looked for. */
export const isAtEnd = (batch: RecordBatch, { at, count }: Place): boolean =>
  batch.areLines === true ? at === batch.bytes.length : count === batch.count

/** Whether it has no records. **Guarantee** Lines are not looked for. */
export const isEmpty = (batch: RecordBatch): boolean => isAtEnd(batch, beginning)

/**
 * The bytes of each record, as views into the slab. For tests and tools: the hot path works on the offsets.
 */
export function* records(batch: RecordBatch): Generator<Uint8Array> {
  for (let i = 0; i < batch.count; i++) yield batch.bytes.subarray(batch.starts[i], batch.ends[i])
}
