/**
 * How s3beat logs: to stderr, always, because stdout may be the output.
 */
import { Layer, Logger, type LogLevel, References } from "effect"

/** `pretty` for people, `json` for collectors: one object a line. */
export type LogFormat = "pretty" | "json"

/** How to log. **Shape** Nothing is logged below `level`. Plain data. */
export interface LoggingOptions {
  readonly format: LogFormat
  readonly level: LogLevel.LogLevel
  /** Whether `pretty` may use colours: only a terminal shows them. */
  readonly colors: boolean
}

/** The logger of the whole program. */
export const layer = ({ colors, format, level }: LoggingOptions): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([
      format === "json" ? Logger.withConsoleError(Logger.formatJson) : Logger.consolePrettyTty({ colors })
    ]),
    Layer.succeed(Logger.LogToStderr, true),
    Layer.succeed(References.MinimumLogLevel, level)
  )
