/**
 * The window through which a decoder sees its object: what it kept of the chunks before, and the new chunk, as one run of
 * bytes.
 */
import * as RecordBatch from "../domain/RecordBatch.ts"
import { LineBatch } from "./LineBatch.ts"

/** What a carry buffer is allocated with at least, so that tiny chunks do not grow it one by one. */
const MIN_CARRY_BYTES = 1024

/** Records that a batch has room for at first. Arrays of that size are objects among others; larger ones cost the engine more. */
const MIN_MARKS = 16

/**
 * A contiguous view of the object that moves forward as chunks come in and records go out. All positions are relative to
 * `bytes[0]`, and become relative to the new `bytes[0]` when `take` moves it.
 *
 * **Shape** `append` a chunk, `mark` the records found, `take` them as a batch while keeping the bytes of the record that is
 * still open; once per chunk each.
 *
 * **Guarantee** A chunk with nothing kept before it is viewed, not copied. Otherwise each byte is copied once, and once more
 * on average while a record grows over many chunks. Bytes handed on in a batch are never written again.
 */
export class Slab {
  /** What is in view. */
  bytes: Buffer = Buffer.alloc(0)
  /** The position of `bytes[0]` in the object. */
  objectOffset = 0

  /** The last chunk, and where it begins in the view. */
  private chunk: Buffer = this.bytes
  private chunkStart = 0
  /** Bytes of the carry buffer that are still unused behind the view; 0 where the view is of a chunk. */
  private room = 0
  private count = 0
  private starts = noMarks
  private ends = noMarks
  /** How many marks the next batch begins with room for: what the last one needed, and some more. */
  private expected = MIN_MARKS
  private truncated: Set<number> | undefined

  /** Brings the next chunk into view, behind what was kept. */
  append(chunk: Uint8Array): void {
    const kept = this.bytes
    const length = kept.length + chunk.length
    this.chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.chunkStart = kept.length
    if (kept.length === 0 || isDirectlyBehind(kept, chunk)) {
      this.bytes = Buffer.from(chunk.buffer, chunk.byteOffset - kept.length, length)
    } else if (chunk.length <= this.room) {
      this.bytes = Buffer.from(kept.buffer, kept.byteOffset, length)
      this.bytes.set(chunk, kept.length)
      this.room -= chunk.length
    } else {
      const carry = Buffer.allocUnsafeSlow(Math.max(length, 2 * kept.length, MIN_CARRY_BYTES))
      carry.set(kept)
      carry.set(chunk, kept.length)
      this.bytes = carry.subarray(0, length)
      this.room = carry.length - length
    }
  }

  /** Where the object's content begins in the view: behind the UTF-8 byte order mark, at the object's start. */
  get contentStart(): number {
    const { bytes } = this
    const hasMark = this.objectOffset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    return hasMark ? 3 : 0
  }

  /** Notes a record from `start` to `end`, of which no more than `maxBytes` are kept: what is longer is marked truncated. */
  mark(start: number, end: number, maxBytes: number): void {
    if (this.count === this.starts.length) {
      const size = Math.max(2 * this.count, this.expected)
      this.starts = resized(this.starts, size)
      this.ends = resized(this.ends, size)
    }
    this.starts[this.count] = start
    if (end - start > maxBytes) {
      this.markTruncated()
      this.ends[this.count] = start + maxBytes
    } else {
      this.ends[this.count] = end
    }
    this.count++
  }

  /** The record that is marked next lacks something that stood in the object. */
  markTruncated(): void {
    this.truncated ??= new Set()
    this.truncated.add(this.count)
  }

  /** The batch of the records marked since the last one; from now on the view begins at `from`. */
  take(from: number): RecordBatch.RecordBatch {
    const { bytes, count, ends, objectOffset, starts, truncated } = this
    this.leave(from)
    if (count === 0) return RecordBatch.empty
    this.count = 0
    this.expected = Math.max(count + (count >>> 3), MIN_MARKS)
    this.starts = noMarks
    this.ends = noMarks
    this.truncated = undefined
    const batch = { bytes: bytes.subarray(0, from), objectOffset, count, starts, ends }
    return truncated === undefined ? batch : { ...batch, truncated }
  }

  /** The batch of the lines from `start` to `end`, none of them marked; from now on the view begins at `from`. */
  takeLines(start: number, end: number, from: number): LineBatch {
    const batch = new LineBatch(this.bytes.subarray(start, end), this.objectOffset + start)
    this.leave(from)
    return batch
  }

  private leave(from: number): void {
    const { bytes, chunkStart } = this
    this.objectOffset += from
    if (from < chunkStart) {
      this.bytes = bytes.subarray(from)
    } else {
      // Back in the chunk itself, so that one that comes directly behind it needs no carry.
      this.bytes = this.chunk.subarray(from - chunkStart)
      this.room = 0
    }
  }
}

/** Pieces of one buffer that lie side by side need no copying: zlib hands its buffer on like that. */
const isDirectlyBehind = (kept: Uint8Array, chunk: Uint8Array): boolean =>
  chunk.buffer === kept.buffer && chunk.byteOffset === kept.byteOffset + kept.length

const noMarks = new Uint32Array(0)

const resized = (marks: Uint32Array, size: number): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(size)
  larger.set(marks)
  return larger
}
