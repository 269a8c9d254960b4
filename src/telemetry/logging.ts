/**
 * How s3beat logs: to stderr, always, because stdout may be the output.
 */
import { Layer, Logger, type LogLevel, References } from "effect"

/** `pretty` for people, `json` for collectors: one object a line. */
export type LogFormat = "pretty" | "json"

/**
 * The logger of the whole program.
 *
 * **Shape** Nothing is logged below `level`.
 */
export const layer = (options: { readonly format: LogFormat; readonly level: LogLevel.LogLevel }): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([options.format === "json" ? Logger.withConsoleError(Logger.formatJson) : Logger.consolePretty()]),
    Layer.succeed(Logger.LogToStderr, true),
    Layer.succeed(References.MinimumLogLevel, options.level)
  )
