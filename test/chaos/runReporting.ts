/**
 * A run from the command line: a table on stderr, one line of JSON on stdout, and 1 as the exit code if anything is amiss.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Exit, Logger, Runtime } from "effect"

/** Runs it, and ends the process. */
export const runReporting = <Report extends { readonly amiss: ReadonlyArray<string> }, E>(
  run: Effect.Effect<Report, E>,
  tableOf: (report: Report) => string
): void => {
  const main = Effect.gen(function* () {
    const report = yield* run
    yield* Console.error(tableOf(report))
    for (const what of report.amiss) yield* Console.error(`Amiss: ${what}`)
    yield* Console.log(JSON.stringify(report))
    return report.amiss.length === 0 ? 0 : 1
  }).pipe(Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatSimple)])))

  NodeRuntime.runMain(main, {
    teardown: (exit, onExit) =>
      Exit.isSuccess(exit) ? onExit(Number(exit.value)) : Runtime.defaultTeardown(exit, onExit)
  })
}
