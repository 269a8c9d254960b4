/**
 * The decoder of everything that is written line by line.
 */
import type { Decoder } from "./Decoder.ts"
import { LineCursor } from "./LineCursor.ts"

/**
 * One record per line, without its line end (LF or CRLF). Empty lines are no records, as in Beats.
 *
 * **Guarantee** A line longer than `maxRecordBytes` is cut there and marked truncated; what is cut off takes no memory.
 *
 * **Errors** None: any bytes are lines.
 */
export const lines = ({ maxRecordBytes }: { readonly maxRecordBytes: number }): Decoder => {
  const cursor = new LineCursor(maxRecordBytes)

  const mark = () => {
    if (cursor.end > cursor.start) cursor.slab.mark(cursor.start, cursor.end, maxRecordBytes)
  }

  return {
    push: (chunk) => {
      cursor.append(chunk)
      const { isShort } = cursor
      while (cursor.next()) {
        if (isShort && cursor.end > cursor.start) return cursor.takeLines()
        mark()
      }
      return cursor.take(cursor.open)
    },
    end: () => {
      if (cursor.last()) mark()
      return cursor.take(cursor.open)
    }
  }
}
