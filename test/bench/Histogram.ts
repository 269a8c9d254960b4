/**
 * Durations in whole milliseconds, counted: a million of them take no more memory than ten.
 */

/** Longer ones count as this long. */
const LONGEST_MILLIS = 600_000

/** The counts. **Units** Milliseconds. */
export interface Histogram {
  readonly add: (millis: number) => void
  /** The least duration that at least this part (0 to 1) of all were not longer than; 0 when there are none. */
  readonly percentile: (part: number) => number
}

/** An empty one. */
export const make = (): Histogram => {
  const counts = new Uint32Array(LONGEST_MILLIS + 1)
  let total = 0
  return {
    add: (millis) => {
      const bucket = Math.min(Math.max(Math.ceil(millis), 0), LONGEST_MILLIS)
      counts[bucket] = (counts[bucket] ?? 0) + 1
      total++
    },
    percentile: (part) => {
      const wanted = Math.max(Math.ceil(part * total), 1)
      let seen = 0
      // None is found only where there are none at all.
      return Math.max(
        counts.findIndex((count) => (seen += count) >= wanted),
        0
      )
    }
  }
}
