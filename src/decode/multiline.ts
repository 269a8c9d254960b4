/**
 * The decoder of records that span several lines, such as stack traces.
 */
import type { Pattern } from "../domain/Pattern.ts"
import type { Decoder } from "./Decoder.ts"
import { LineCursor } from "./LineCursor.ts"

/**
 * Which lines belong together, as Beats' `multiline` says it.
 *
 * | `negate` | `match`  | lines that belong together                                                  |
 * |----------|----------|-----------------------------------------------------------------------------|
 * | false    | `after`  | lines that match are appended to the last line before them that does not     |
 * | false    | `before` | lines that match are prepended to the next line that does not                |
 * | true     | `after`  | lines that do not match are appended to the last line before them that does  |
 * | true     | `before` | lines that do not match are prepended to the next line that does             |
 *
 * **Source** https://www.elastic.co/docs/reference/beats/filebeat/multiline-examples
 */
export interface MultilineOptions {
  readonly pattern: Pattern
  readonly negate: boolean
  readonly match: "after" | "before"
  /** Lines of one record that are kept at most; 500 in Beats. */
  readonly maxLines: number
}

/**
 * One record per group of lines. Its bytes stay as they stood: the line ends between its lines are part of it, the last one is
 * not. Blank lines count only behind another line of the record, and alone are no record, as in Beats.
 *
 * **Guarantee** Lines beyond `maxLines` and bytes beyond `maxRecordBytes` are dropped, and the record is marked truncated; what
 * is dropped takes no memory. Of a line that is longer than that alone, the pattern sees the first `maxRecordBytes` bytes.
 *
 * **Not promised** A time-out: the record that is open when the object ends is complete.
 *
 * **Errors** None: any bytes are lines.
 */
export const multiline = (options: MultilineOptions & { readonly maxRecordBytes: number }): Decoder => {
  const { match, maxLines, maxRecordBytes, negate, pattern } = options
  const cursor = new LineCursor(maxRecordBytes)
  const { slab } = cursor

  /** The open record; it is empty while it has no lines. */
  let start = 0
  let end = 0
  let lineCount = 0
  /** The open record has reached a limit and is handed on already: the lines that still belong to it are dropped. */
  let isFull = false
  let lastIsLinked = false

  const handOn = () => slab.mark(start, end, maxRecordBytes)

  const closeRecord = () => {
    if (lineCount > 0 && !isFull) handOn()
    lineCount = 0
    isFull = false
  }

  const addLine = () => {
    if (lineCount === maxLines) {
      slab.markTruncated()
      isFull = true
    } else {
      if (lineCount === 0) start = cursor.start
      end = cursor.end
      lineCount++
      isFull = end - start > maxRecordBytes
    }
    if (isFull) handOn()
  }

  const line = () => {
    const text = slab.bytes.toString("utf8", cursor.start, Math.min(cursor.end, cursor.start + maxRecordBytes))
    const isLinked = pattern.test(text) !== negate
    if (!(match === "after" ? isLinked : lastIsLinked)) closeRecord()
    lastIsLinked = isLinked
    const isLeadingBlank = lineCount === 0 && cursor.end === cursor.start
    if (!isFull && !isLeadingBlank) addLine()
  }

  const take = () => {
    const from = lineCount > 0 && !isFull ? start : cursor.open
    start -= from
    end -= from
    return cursor.take(from)
  }

  return {
    push: (chunk) => {
      cursor.append(chunk)
      while (cursor.next()) line()
      return take()
    },
    end: () => {
      if (cursor.last()) line()
      closeRecord()
      return take()
    }
  }
}
