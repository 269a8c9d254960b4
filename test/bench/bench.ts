/**
 * What a benchmark is, and the place where it does its work.
 */
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchOptions } from "./options.ts"
import { type AwsServer, start } from "./server/AwsServer.ts"

/** Prints tables on stderr, and hands each line of JSON to `emit`. */
export type Bench = (options: BenchOptions, emit: (result: object) => void) => Promise<void>

/** A server, and a directory for the files. */
export interface Workplace {
  readonly server: AwsServer
  readonly directory: string
}

/** Does the work, and clears up after it. */
export const inWorkplace = async (
  options: BenchOptions,
  work: (workplace: Workplace) => Promise<void>
): Promise<void> => {
  const directory = await mkdtemp(join(options.directory ?? tmpdir(), "s3beat-bench-"))
  try {
    await using server = await start(options)
    if (server.cert !== undefined) {
      // Read by Node when it starts: every process from here on trusts the server.
      process.env["NODE_EXTRA_CA_CERTS"] = join(directory, "ca.pem")
      await writeFile(join(directory, "ca.pem"), server.cert)
    }
    console.error(`Files are written to ${directory}, ${await kindOf(directory)}.`)
    await work({ server, directory })
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** **Source** statfs(2): TMPFS_MAGIC. */
const TMPFS = 0x01021994

const kindOf = async (directory: string): Promise<string> =>
  (await statfs(directory)).type === TMPFS ? "in memory, not on a disk" : "on a disk"

/** One of the promises, and whether this run kept it. */
export interface Verdict {
  readonly what: string
  readonly value: number
  readonly holds: boolean
}

/** `value` must be at most `limit`. */
export const atMost = (what: string, value: number, limit: number): Verdict => ({
  what: `${what}: ${round(value)}, at most ${limit}`,
  value: round(value),
  holds: value <= limit
})

/** `value` must be at least `limit`. */
export const atLeast = (what: string, value: number, limit: number): Verdict => ({
  what: `${what}: ${round(value)}, at least ${limit}`,
  value: round(value),
  holds: value >= limit
})

/** `ratio` must be 1, but for `tolerance`. */
export const within = (what: string, ratio: number, tolerance: number): Verdict => ({
  what: `${what}: ${round(ratio)}, 1 but for ${tolerance}`,
  value: round(ratio),
  holds: Math.abs(ratio - 1) <= tolerance
})

const round = (value: number) => Math.round(value * 1000) / 1000

/** Prints whether they hold. */
export const say = (verdicts: ReadonlyArray<Verdict>): void => {
  for (const { holds, what } of verdicts) console.error(`${holds ? "holds:         " : "DOES NOT HOLD: "}${what}`)
}

/** Prints rows of cells as columns; the first column is text, the others are numbers. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths: Array<number> = []
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)))
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
    )
    console.error(cells.join("  ").trimEnd())
  }
}
