/**
 * `npm run soak -- --minutes N`: one daemon at a steady load, without faults, and how it fares meanwhile: a table on stderr and one
 * line of JSON on stdout. Exits 1 if anything grows.
 */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Exit, Logger, Runtime } from "effect"
import { runSoak, type SoakReport } from "./runSoak.ts"

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } })

const tableOf = ({ early, late }: SoakReport): string =>
  ["", "residentBytes", "heapBytes", "openFiles", "sockets", "timers", "loopDelay"]
    .map((name) => `${name.padEnd(16)}${name === "" ? "early      late" : `${at(early, name)}  ${at(late, name)}`}`)
    .join("\n")

const at = (means: SoakReport["early"], name: string) =>
  (name.endsWith("Bytes") ? `${((means[name] ?? 0) / 1e6).toFixed(1)} MB` : (means[name] ?? 0).toFixed(1)).padEnd(9)

const main = Effect.gen(function* () {
  const report = yield* runSoak(Number(values.minutes))
  yield* Console.error(tableOf(report))
  for (const what of report.amiss) yield* Console.error(`Amiss: ${what}`)
  yield* Console.log(JSON.stringify(report))
  if (report.amiss.length > 0) process.exitCode = 1
}).pipe(Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatSimple)])))

NodeRuntime.runMain(main, {
  teardown: (exit, onExit) =>
    Exit.isSuccess(exit) ? onExit(Number(process.exitCode ?? 0)) : Runtime.defaultTeardown(exit, onExit)
})
