/**
 * Measures work in processes of its own, so that one does not warm up, or fill the heap, for another.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"

/** What one run of some work took, its start-up left out but for the memory. */
export interface Measurement {
  readonly cpuSeconds: number
  readonly peakMegabytes: number
  /** What the work counted, to see that it was done. */
  readonly count: number
}

/** Runs the script with the arguments; it is to call `measured`. */
export const measure = async (script: URL, ...args: ReadonlyArray<string>): Promise<Measurement> => {
  const { stdout } = await promisify(execFile)(process.execPath, [script.pathname, ...args])
  return JSON.parse(stdout)
}

/** In the child: does the work and reports it. CPU is that of all threads. */
export const measured = async (work: () => Promise<number>): Promise<void> => {
  const before = process.cpuUsage()
  const count = await work()
  const { system, user } = process.cpuUsage(before)
  const peakMegabytes = process.resourceUsage().maxRSS / 1000
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1_000_000, peakMegabytes, count } satisfies Measurement))
}

/** The middle one of an odd number of values, and the ends. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spread = (values: ReadonlyArray<number>): Spread => {
  const sorted = values.toSorted((a, b) => a - b).map((value) => Math.round(value * 1000) / 1000)
  return { median: sorted[sorted.length >> 1] ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}
