/**
 * Whether records can be copied into JSON strings as they stand.
 */
import type { RecordBatch } from "../domain/RecordBatch.ts"
import { quote } from "./jsonString.ts"

const LF = 0x0a
const CR = 0x0d

/**
 * Whether no byte of any record must be escaped, as in VPC flow logs. Not sure of it means false.
 *
 * Looked at for all records at once, natively: the engine quotes them as one string, in which the line ends between them are
 * all that may have grown. For lines of a hundred bytes that and a copy each take a third of what quoting each takes.
 */
export const needsNoEscape = (batch: RecordBatch): boolean => {
  const { bytes, count, ends, starts } = batch
  const start = starts[0] ?? 0
  const end = ends[count - 1] ?? 0
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (count < 2 || !isPlain(source, start, ends[0] ?? 0, 0)) return false
  const lineEnds = lineEndsBetween(batch)
  return lineEnds !== undefined && isPlain(source, start, end, lineEnds)
}

/** Whether quoting escapes exactly so many characters, each by one more. */
const isPlain = (source: Buffer, start: number, end: number, escapes: number): boolean =>
  quote(source, start, end).length === end - start + 2 + escapes

/** How many bytes of line ends stand between the records; undefined when something else stands there. */
const lineEndsBetween = ({ bytes, count, ends, starts }: RecordBatch): number | undefined => {
  let lineEnds = 0
  for (let i = 1; i < count; i++) {
    for (let at = ends[i - 1] ?? 0; at < (starts[i] ?? 0); at++) {
      if (bytes[at] !== LF && bytes[at] !== CR) return undefined
      lineEnds++
    }
  }
  return lineEnds
}
