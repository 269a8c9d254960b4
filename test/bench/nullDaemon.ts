/**
 * The daemon with an output that acknowledges at once: `node nullDaemon.ts run -c FILE`. What it costs is everything but the
 * output.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Option } from "effect"
import { daemon } from "../../src/cli/daemon.ts"
import { loadConfig } from "../../src/cli/loadConfig.ts"
import { tuneEngine } from "../../src/cli/tuneEngine.ts"
import { Output } from "../../src/output/Output.ts"
import * as Logging from "../../src/telemetry/logging.ts"

const layerNull = Layer.succeed(Output, { name: "null", concurrency: 4, publish: () => Effect.void })

const logging: Logging.LoggingOptions = { format: "json", level: "Info", colors: false }

const main = Effect.gen(function* () {
  const loaded = yield* loadConfig({ config: process.argv.at(-1) ?? "", keystore: Option.none() })
  return yield* daemon(loaded, logging, layerNull)
}).pipe(Effect.provide([NodeServices.layer, Logging.layer(logging)]))

tuneEngine()
NodeRuntime.runMain(main)
