/**
 * `npm run chaos -- --minutes N --seed S --kills K --daemons D`: real daemons through everything that can go wrong, then the ledger: a
 * table on stderr and one line of JSON on stdout. Exits 1 if anything was lost or is amiss.
 */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Exit, Logger, Runtime } from "effect"
import { tableOf } from "./report.ts"
import { type ChaosOptions, runChaos } from "./runChaos.ts"

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

const main = Effect.gen(function* () {
  const report = yield* runChaos(optionsOf(process.argv.slice(2)))
  yield* Console.error(tableOf(report))
  for (const what of report.amiss) yield* Console.error(`Amiss: ${what}`)
  yield* Console.log(JSON.stringify(report))
  if (report.amiss.length > 0) process.exitCode = 1
}).pipe(Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatSimple)])))

NodeRuntime.runMain(main, {
  teardown: (exit, onExit) =>
    Exit.isSuccess(exit) ? onExit(Number(process.exitCode ?? 0)) : Runtime.defaultTeardown(exit, onExit)
})
