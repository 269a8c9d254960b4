/**
 * `npm run chaos -- --minutes N --seed S --kills K --daemons D`: real daemons through everything that can go wrong, then the ledger: a
 * table on stderr and one line of JSON on stdout. Exits 1 if anything was lost or is amiss.
 */
import { parseArgs } from "node:util"
import { tableOf } from "./report.ts"
import { type ChaosOptions, runChaos } from "./runChaos.ts"
import { runReporting } from "./runReporting.ts"

/** Ten a minute, unless told. */
const KILLS_PER_MINUTE = 10

const optionsOf = (args: ReadonlyArray<string>): ChaosOptions => {
  const text = { type: "string" } as const
  const { values } = parseArgs({ args: [...args], options: { minutes: text, seed: text, kills: text, daemons: text } })
  const minutes = Number(values.minutes ?? 2)
  return {
    minutes,
    seed: Number(values.seed ?? Math.floor(Math.random() * 1_000_000)),
    kills: Number(values.kills ?? Math.round(minutes * KILLS_PER_MINUTE)),
    daemons: Number(values.daemons ?? 3)
  }
}

runReporting(runChaos(optionsOf(process.argv.slice(2))), tableOf)
