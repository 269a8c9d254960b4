/**
 * `npm run soak -- --minutes N`: one daemon at a steady load, without faults, and how it fares meanwhile: a table on stderr and one
 * line of JSON on stdout. Exits 1 if anything grows.
 */
import { parseArgs } from "node:util"
import { runReporting } from "./runReporting.ts"
import { runSoak, type SoakReport } from "./runSoak.ts"

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } })

const tableOf = ({ early, late }: SoakReport): string =>
  ["", "residentBytes", "heapBytes", "openFiles", "sockets", "timers", "fibers", "loopDelay"]
    .map((name) => `${name.padEnd(16)}${name === "" ? "early      late" : `${at(early, name)}  ${at(late, name)}`}`)
    .join("\n")

const at = (means: SoakReport["early"], name: string) =>
  (name.endsWith("Bytes") ? `${((means[name] ?? 0) / 1e6).toFixed(1)} MB` : (means[name] ?? 0).toFixed(1)).padEnd(9)

runReporting(runSoak(Number(values.minutes)), tableOf)
