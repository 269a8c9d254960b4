/**
 * Decoders under any chunking.
 */
import { assert } from "@effect/vitest"
import * as fc from "fast-check"
import { DecodeError, type Decoder } from "../../src/decode/Decoder.ts"
import type { RecordBatch } from "../../src/domain/RecordBatch.ts"

/** A record as its receiver sees it. `text` is one character for each byte. */
export interface SeenRecord {
  readonly offset: number
  readonly text: string
  readonly isTruncated: boolean
}

/** All that a decoder does: its records, and the sentence with which it gives up. */
export interface Decoded {
  readonly records: ReadonlyArray<SeenRecord>
  readonly error?: string
}

export const seen = (batch: RecordBatch): ReadonlyArray<SeenRecord> => {
  const { bytes, count, ends, starts } = batch
  if (batch.areLines === true) assert.deepStrictEqual([starts[0], ends[count - 1]], [0, bytes.length])
  return Array.from(starts.subarray(0, count), (start, i) => ({
    offset: batch.objectOffset + start,
    text: Buffer.from(bytes.subarray(start, ends[i])).toString("latin1"),
    isTruncated: batch.truncated?.has(i) ?? false
  }))
}

/** Batches are looked at after the last one has come: they must not have been written to since. */
export const decodeAll = (decoder: Decoder, chunks: ReadonlyArray<Uint8Array>): Decoded => {
  const batches: Array<RecordBatch> = []
  const records = () => batches.flatMap(seen)
  try {
    for (const chunk of chunks) batches.push(decoder.push(chunk))
    batches.push(decoder.end())
  } catch (error) {
    if (error instanceof DecodeError) return { records: records(), error: error.message }
    throw error
  }
  return { records: records() }
}

/** How an object is cut into chunks. */
export interface Chunking {
  readonly sizes: ReadonlyArray<number>
  /** Chunks in memory of their own, or as views that lie side by side in one buffer. */
  readonly isCopied: boolean
}

export const chunking: fc.Arbitrary<Chunking> = fc.record({
  sizes: fc.oneof(
    fc.constant([1]),
    fc.array(fc.nat(12), { minLength: 1, maxLength: 8 }).filter((sizes) => sizes.some((size) => size > 0))
  ),
  isCopied: fc.boolean()
})

/** The chunks of `bytes`: the sizes are taken in turn, and over again. */
export const cut = (bytes: Uint8Array, { isCopied, sizes }: Chunking): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + (sizes[turn % sizes.length] ?? 1)
    chunks.push(isCopied ? bytes.slice(at, end) : bytes.subarray(at, end))
    at = end
  }
  return chunks
}

/** The law of all decoders. Answers what the object gives, however it is cut. */
export const decodeAnyhow = (makeDecoder: () => Decoder, bytes: Uint8Array, chunking: Chunking): Decoded => {
  const whole = decodeAll(makeDecoder(), [bytes])
  assert.deepStrictEqual(decodeAll(makeDecoder(), cut(bytes, chunking)), whole)
  return whole
}

/** The texts of the records, for examples. */
export const texts = (decoded: Decoded): ReadonlyArray<string> => decoded.records.map((record) => record.text)
