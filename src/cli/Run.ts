/**
 * `s3beat run`: the daemon.
 */
import { Effect } from "effect"
import { Command } from "effect/cli"
import * as flags from "./flags.ts"
import * as Logging from "../telemetry/logging.ts"
import { loadConfig, loggingOptions } from "./loadConfig.ts"
import { exitOnSecondSignal } from "./signals.ts"

/** Runs until it is told to stop. */
export const run = Command.make(
  "run",
  { config: flags.config, keystore: flags.keystore },
  Effect.fn("s3beat.run")(function* (options) {
    const loaded = yield* loadConfig(options)
    const logging = yield* loggingOptions(loaded.config)
    yield* Effect.gen(function* () {
      yield* exitOnSecondSignal
      // The AWS SDK is large, and only this command and the demo need it.
      const { daemon } = yield* Effect.promise(() => import("./daemon.ts"))
      for (const warning of loaded.warnings) yield* Effect.logWarning(warning)
      yield* daemon(loaded, logging)
    }).pipe(Effect.scoped, Effect.provide(Logging.layer(logging)))
  })
).pipe(
  Command.withDescription("Ship what the queues announce, until SIGINT or SIGTERM; then drain and exit 0"),
  Command.withExamples([{ command: "s3beat run -c /etc/s3beat/s3beat.yml", description: "Run with this config" }])
)
