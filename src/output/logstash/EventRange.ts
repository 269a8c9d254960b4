/**
 * Goes through the events of several batches, some at a time.
 */
import type { EventBatch } from "../../domain/EventBatch.ts"

/** The events `[start, end)` of a batch, at least one. */
export interface EventRange {
  readonly batch: EventBatch
  readonly start: number
  readonly end: number
}

/** Takes the next events, as many as are asked for or are left. */
export type Take = (count: number) => ReadonlyArray<EventRange>

/** Begins with the event of this number, counted through all batches. */
export const from = (batches: ReadonlyArray<EventBatch>, number: number): Take => {
  let index = 0
  let start = number
  return (count) => {
    const ranges: Array<EventRange> = []
    for (let left = count; left > 0;) {
      const batch = batches[index]
      if (batch === undefined) break
      const end = Math.min(start + left, batch.count)
      if (start < end) {
        ranges.push({ batch, start, end })
        left -= end - start
        start = end
      } else {
        start -= batch.count
        index++
      }
    }
    return ranges
  }
}
