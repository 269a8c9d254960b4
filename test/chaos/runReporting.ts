/**
 * A run from the command line: a table on stderr, one line of JSON on stdout, and 1 as the exit code if anything is amiss.
 */
import { appendFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Exit, Logger, Runtime } from "effect"

/** Runs it, and ends the process. The line of JSON is added to `file`, where one is named. */
export const runReporting = <Report extends { readonly amiss: ReadonlyArray<string> }, E>(
  run: Effect.Effect<Report, E>,
  tableOf: (report: Report) => string,
  file?: string
): void => {
  const main = Effect.gen(function* () {
    const report = yield* run
    yield* Console.error(tableOf(report))
    for (const what of report.amiss) yield* Console.error(`Amiss: ${what}`)
    yield* Console.log(JSON.stringify(report))
    if (file !== undefined) yield* Effect.sync(() => appendFileSync(file, `${JSON.stringify(report)}\n`))
    return report.amiss.length === 0 ? 0 : 1
  }).pipe(Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatSimple)])))

  NodeRuntime.runMain(main, {
    teardown: (exit, onExit) =>
      Exit.isSuccess(exit) ? onExit(Number(exit.value)) : Runtime.defaultTeardown(exit, onExit)
  })
}
