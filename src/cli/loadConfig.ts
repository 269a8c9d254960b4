/**
 * From the flags to a decoded config, and to the logger that it asks for.
 */
import { Effect, Layer, type LogLevel, Option } from "effect"
import { GlobalFlag } from "effect/cli"
import * as ConfigFile from "../config/ConfigFile.ts"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import * as Logging from "../telemetry/logging.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { LogFormat } from "./flags.ts"
import { entriesFor, type KeystoreFlags } from "./keystoreOf.ts"

/**
 * Reads the config file, with its keystore, and then the environment, for its `${VAR}`s.
 *
 * **Errors** `CommandFailed` with every problem at once, each on a line of its own with its place; or with what is wrong with
 * the keystore, if the config needs it.
 */
export const loadConfig = Effect.fnUntraced(
  function* (flags: KeystoreFlags) {
    const path = flags.config
    const { info, text } = yield* ConfigFile.read(path)
    const survey = yield* Effect.fromResult(ConfigFile.survey(text, { path, env: process.env }))
    const entries = yield* entriesFor(flags, survey)
    const env = { ...process.env, ...Object.fromEntries(entries) }
    return yield* Effect.fromResult(ConfigFile.parse(text, { path, env, mode: info.mode }))
  },
  Effect.catchTag("ConfigFileError", (error) => Effect.fail(configFailed(error)))
)

/** How a command ends whose config is wrong. */
export const configFailed = (error: ConfigFile.ConfigFileError): CommandFailed =>
  new CommandFailed({ message: error.message, exitCode: exitCode.configWrong })

/** The least that a config must say; everything else is the Schema's defaults. */
const LEAST_CONFIG = `
s3beat:
  beatIdentifier: sample
  sqsQueues: sample:us-east-1
output.console:
  enabled: true
`

/** A config of defaults, for what needs no queue. */
export const defaultConfig: Effect.Effect<ConfigFile.LoadedConfig> = Effect.orDie(
  Effect.fromResult(ConfigFile.parse(LEAST_CONFIG, { path: "defaults", env: {} }))
)

/** How the flags and the config say to log; the flags win. */
export const loggingOptions = (config?: S3beatConfig): Effect.Effect<Logging.LoggingOptions, never, LoggingFlags> =>
  Effect.gen(function* () {
    return {
      format: Option.getOrElse(yield* LogFormat, () => defaultFormat(config)),
      level: Option.getOrElse(yield* GlobalFlag.LogLevel, (): LogLevel.LogLevel => config?.logging.level ?? "Info"),
      colors: process.stderr.isTTY === true
    }
  })

/** The logger that the flags and the config ask for. */
export const loggingLayer = (config?: S3beatConfig): Layer.Layer<never, never, LoggingFlags> =>
  Layer.unwrap(Effect.map(loggingOptions(config), Logging.layer))

/** The settings that `loggingLayer` reads. */
export type LoggingFlags = GlobalFlag.Setting.Identifier<"log-format"> | GlobalFlag.Setting.Identifier<"log-level">

const defaultFormat = (config: S3beatConfig | undefined): Logging.LogFormat =>
  config?.logging.json === true || !process.stderr.isTTY ? "json" : "pretty"
