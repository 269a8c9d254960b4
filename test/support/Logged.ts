/**
 * The log, kept for a test to read.
 */
import { Context, Effect, Layer, Logger } from "effect"

/** A line of the log. */
export interface LogLine {
  readonly level: string
  readonly text: string
}

/** The lines that were logged so far, in order. */
export class Logged extends Context.Service<Logged, { readonly lines: Effect.Effect<ReadonlyArray<LogLine>> }>()(
  "s3beat/test/Logged"
) {}

/** Keeps the log instead of printing it. */
export const layer: Layer.Layer<Logged> = Layer.unwrap(
  Effect.sync(() => {
    const lines: Array<LogLine> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      const parts = Array.isArray(message) ? message : [message]
      lines.push({ level: logLevel, text: parts.map(String).join(" ") })
    })
    return Layer.merge(Logger.layer([logger]), Layer.succeed(Logged, { lines: Effect.sync(() => lines.slice()) }))
  })
)
