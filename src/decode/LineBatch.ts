/**
 * Lines that nobody has looked for yet.
 */
import type { RecordBatch } from "../domain/RecordBatch.ts"

const LF = 0x0a
const CR = 0x0d

/**
 * A batch of lines, as `RecordBatch` describes those of which `areLines` is true.
 *
 * Lines of a hundred bytes are ten million to a gigabyte: marks for each cost more than to see a newline while the bytes are encoded.
 */
export class LineBatch implements RecordBatch {
  readonly areLines = true
  readonly bytes: Buffer
  readonly objectOffset: number
  private marks: Marks | undefined

  /** **Shape** The first line of `bytes` and the last one, which has no end, are not empty. */
  constructor(bytes: Buffer, objectOffset: number) {
    this.bytes = bytes
    this.objectOffset = objectOffset
  }

  get count(): number {
    return this.starts.length
  }

  get starts(): Uint32Array {
    return (this.marks ??= marksOf(this.bytes)).starts
  }

  get ends(): Uint32Array {
    return (this.marks ??= marksOf(this.bytes)).ends
  }
}

interface Marks {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

const marksOf = (bytes: Buffer): Marks => {
  const starts: Array<number> = []
  const ends: Array<number> = []
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(LF, start)
    const end = newline === -1 ? bytes.length : contentEnd(bytes, start, newline)
    if (end > start) {
      starts.push(start)
      ends.push(end)
    }
    start = newline === -1 ? bytes.length : newline + 1
  }
  return { starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) }
}

/** Where the line from `start` ends, before its CRLF or LF, of which the LF is at `newline`. */
export const contentEnd = (bytes: Uint8Array, start: number, newline: number): number =>
  newline > start && bytes[newline - 1] === CR ? newline - 1 : newline

/** Where the last line that is not empty ends. **Shape** Some line from `start` on is not empty, and LF is the byte before `end`. */
export const lastContentEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (bytes[at - 1] === LF) at = contentEnd(bytes, start, at - 1)
  return at
}
