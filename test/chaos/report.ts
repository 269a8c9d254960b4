/**
 * The ledger of a run, for people.
 */
import type { Report } from "./runChaos.ts"

/** A table of what was done to the daemons, and what came of it. */
export const tableOf = (report: Report): string => {
  const faults = Object.entries(report.faults).toSorted(([, a], [, b]) => b - a)
  const rows: ReadonlyArray<readonly [string, string | number]> = [
    ["outputs", report.outputs.join(", ")],
    ["workers", report.workers.join(", ")],
    ["", ""],
    ...faults,
    ["", ""],
    ["objects uploaded", report.objects],
    ["events in them", report.events],
    ["events that arrived", report.arrived],
    ["lost", report.lost],
    ["duplicated", report.duplicated],
    ["duplicates without their original's _id", report.unidentified],
    ["altered", report.altered],
    ["objects shipped more often than the faults account for", report.excess],
    ["every daemon ready again after", `${report.readySeconds} s`],
    ["queue empty after", `${report.emptySeconds} s`],
    ["largest resident set", `${report.mostMegabytes} MB`],
    [
      "processes ended",
      Object.entries(report.ends)
        .map(([end, count]) => `${count} × ${end}`)
        .join(", ")
    ]
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join("\n")
}
