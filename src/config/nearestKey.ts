/**
 * Which known key a misspelt one was meant to be.
 */

/**
 * The candidate that takes the fewest slips of the pen from `name`: a letter added, dropped, changed, or swapped with its
 * neighbour. Upper and lower case are one. Of equally near ones the first.
 *
 * **Guarantee** Nothing is named that would need more than a third of its letters corrected (one letter at least): such a
 * hint would mislead.
 */
export const nearestKey = (name: string, candidates: ReadonlyArray<string>): string | undefined => {
  let nearest: string | undefined
  let fewest = Infinity
  for (const candidate of candidates) {
    const slips = distance(name.toLowerCase(), candidate.toLowerCase())
    if (slips < fewest && slips <= Math.max(1, Math.floor(candidate.length / 3))) {
      nearest = candidate
      fewest = slips
    }
  }
  return nearest
}

/** Damerau-Levenshtein distance (optimal string alignment): the table row by row, only the last three kept. */
const distance = (from: string, to: string): number => {
  let beforeLast: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : changed
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, changed, swapped))
    }
    beforeLast = last
    last = row
  }
  return last[to.length] ?? 0
}
