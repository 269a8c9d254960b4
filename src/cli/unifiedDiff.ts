/**
 * The difference of two texts as `diff -u` shows it.
 */

/** How many lines that are the same stand above and below. */
const CONTEXT = 3

/**
 * From `before` to `after`, as one hunk.
 *
 * **Shape** What `patch` takes. Line ends are shown as they are in the texts. Nothing when the texts are the same.
 */
export const unifiedDiff = (path: string, before: string, after: string): string => {
  if (before === after) return ""
  const [old, now] = [linesOf(before), linesOf(after)]
  let above = 0
  while (above < Math.min(old.length, now.length) && old[above] === now[above]) above++
  let below = 0
  while (below < Math.min(old.length, now.length) - above && old.at(-1 - below) === now.at(-1 - below)) below++

  const from = Math.max(0, above - CONTEXT)
  const until = (lines: ReadonlyArray<string>) => Math.min(lines.length, lines.length - below + CONTEXT)
  const range = (lines: ReadonlyArray<string>) => {
    const count = until(lines) - from
    return `${count === 0 ? from : from + 1},${count}`
  }
  return [
    `--- ${path}\n+++ ${path}\n@@ -${range(old)} +${range(now)} @@\n`,
    ...old.slice(from, above).map((line) => shown(" ", line)),
    ...old.slice(above, old.length - below).map((line) => shown("-", line)),
    ...now.slice(above, now.length - below).map((line) => shown("+", line)),
    ...now.slice(now.length - below, until(now)).map((line) => shown(" ", line))
  ].join("")
}

const linesOf = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

const shown = (sign: string, line: string): string =>
  `${sign}${line}${line.endsWith("\n") ? "" : "\n\\ No newline at end of file\n"}`
