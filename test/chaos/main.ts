/**
 * `npm run chaos -- --minutes N --seed S --kills K --daemons D --output file|logstash --json FILE`: real daemons through everything that can go
 * wrong, then the ledger: a table on stderr and one line of JSON on stdout, which is also added to the file. Exits 1 if anything was lost or is
 * amiss.
 */
import { parseArgs } from "node:util"
import { tableOf } from "./report.ts"
import { type ChaosOptions, runChaos } from "./runChaos.ts"
import { runReporting } from "./runReporting.ts"
import { kinds } from "./UnitOutput.ts"

/** Ten a minute, unless told. */
const KILLS_PER_MINUTE = 10

const text = { type: "string" } as const

const { values } = parseArgs({
  options: { minutes: text, seed: text, kills: text, daemons: text, output: text, json: text }
})

const output = kinds.find((kind) => kind === values.output)
if (values.output !== undefined && output === undefined) throw new Error(`--output is one of ${kinds.join(", ")}`)

const minutes = Number(values.minutes ?? 2)

const options: ChaosOptions = {
  minutes,
  seed: Number(values.seed ?? Math.floor(Math.random() * 1_000_000)),
  kills: Number(values.kills ?? Math.round(minutes * KILLS_PER_MINUTE)),
  daemons: Number(values.daemons ?? 3),
  output
}

runReporting(runChaos(options), tableOf, values.json)
