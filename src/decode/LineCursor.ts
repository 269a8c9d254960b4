/**
 * Walks over the lines of an object.
 */
import type { RecordBatch } from "../domain/RecordBatch.ts"
import { contentEnd, lastContentEnd } from "./LineBatch.ts"
import { Slab } from "./Slab.ts"

const LF = 0x0a

/**
 * A cursor over lines that end with LF or CRLF, the last one with the object. A UTF-8 byte order mark at the object's start is
 * no part of the first line.
 *
 * **Shape** `append` a chunk, then `next` until it answers false; in between, `start` and `end` are the line's place in
 * `slab.bytes`, without its line end. `last` answers whether a line without an end was left. `take` as `Slab.take`, from
 * `open` or before it.
 *
 * **Guarantee** Of a line longer than `maxBytes` at least `maxBytes + 1` bytes come, at once; the rest is passed over without
 * being kept.
 */
export class LineCursor {
  readonly slab = new Slab()
  start = 0
  end = 0
  /** Where the first line begins that has not come yet. */
  open = 0

  /** No line end stands between `open` and here. */
  private searched = 0
  /** `open` is within a line that has come already. */
  private isSkipping = false
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  append(chunk: Uint8Array): void {
    this.slab.append(chunk)
    if (this.open === 0) this.open = this.slab.contentStart
  }

  next(): boolean {
    const { bytes } = this.slab
    for (;;) {
      const end = bytes.indexOf(LF, this.searched)
      if (end === -1) return this.nextTooLong()
      const start = this.open
      this.open = this.searched = end + 1
      if (this.isSkipping) {
        this.isSkipping = false
      } else {
        this.start = start
        this.end = contentEnd(bytes, start, end)
        return true
      }
    }
  }

  last(): boolean {
    this.start = this.open
    this.end = this.open = this.slab.bytes.length
    return this.end > this.start
  }

  take(from: number): RecordBatch {
    this.open -= from
    this.searched -= from
    return this.slab.take(from)
  }

  /** The line that came last, which must not be empty, and all that `next` would come to, in a batch. **Shape** No line can be too long. */
  takeLines(): RecordBatch {
    const { slab, start } = this
    const open = slab.bytes.lastIndexOf(LF) + 1
    const batch = slab.takeLines(start, lastContentEnd(slab.bytes, start, open), open)
    this.open = 0
    this.searched = slab.bytes.length
    return batch
  }

  /** No line that has not come yet can be longer than `maxBytes`. */
  get isShort(): boolean {
    return this.slab.bytes.length - this.open <= this.maxBytes
  }

  private nextTooLong(): boolean {
    this.searched = this.slab.bytes.length
    this.start = this.open
    this.end = this.searched
    // One byte over the limit could still be the CR of a CRLF.
    const isTooLong = !this.isSkipping && this.end - this.start > this.maxBytes + 1
    this.isSkipping ||= isTooLong
    if (this.isSkipping) this.open = this.end
    return isTooLong
  }
}
