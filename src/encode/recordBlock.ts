/**
 * The part of a batch that is encoded at a time.
 */
import type { Place, RecordBatch } from "../domain/RecordBatch.ts"

/**
 * Bytes of a batch, from the start of a record to the end of one.
 *
 * **Shape** `count` is how many records these are, where it is known without looking for lines.
 */
export interface RecordBlock {
  readonly start: number
  readonly end: number
  readonly count?: number
}

/** Few enough to stay in the processor's cache; a record that is larger is a block of its own. */
const BLOCK_BYTES = 64 * 1024

/** The block behind a place that is not the end, of `capacity` records at most where they are counted. */
export const recordBlock = (batch: RecordBatch, { at, count }: Place, capacity: number): RecordBlock =>
  batch.areLines === true ? lineBlock(batch.bytes, at) : markedBlock(batch, count, capacity)

const markedBlock = ({ count, ends, starts }: RecordBatch, first: number, capacity: number): RecordBlock => {
  const start = starts[first] ?? 0
  const last = Math.min(count, first + capacity)
  let to = first + 1
  while (to < last && (ends[to] ?? 0) <= start + BLOCK_BYTES) to++
  return { start, end: ends[to - 1] ?? 0, count: to - first }
}

const LF = 0x0a
const CR = 0x0d

const lineBlock = (bytes: Uint8Array, at: number): RecordBlock => {
  const start = nextLine(bytes, at)
  const limit = start + BLOCK_BYTES
  if (limit >= bytes.length) return { start, end: bytes.length }
  const lastEnd = bytes.lastIndexOf(LF, limit) + 1
  // As with every batch of lines, nothing ends the last one.
  return { start, end: lastEnd > start ? lastEnd : bytes.indexOf(LF, limit) + 1 || bytes.length }
}

/** Where the next line begins that is not empty. **Shape** There is one. */
const nextLine = (bytes: Uint8Array, from: number): number => {
  let at = from
  for (;;) {
    if (bytes[at] === LF) at++
    else if (bytes[at] === CR && bytes[at + 1] === LF) at += 2
    else return at
  }
}
