/**
 * Texts of configs for the tests, and what becomes of them.
 */
import { Result } from "effect"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import type { Environment } from "../../src/config/environment.ts"
import type { S3beatConfig } from "../../src/config/S3beatConfig.ts"

/** A valid config with these lines more under `s3beat:`; what is added begins on line 4. */
export const withKeys = (...lines: ReadonlyArray<string>): string =>
  [
    "s3beat:",
    "  beatIdentifier: prod",
    "  sqsQueues: [cloudtrail-events:us-east-1]",
    ...lines.map((line) => `  ${line}`),
    "output.console.enabled: true",
    ""
  ].join("\n")

/** What the text is decoded to. */
export const parse = (text: string, env: Environment = {}, mode?: number) =>
  ConfigFile.parse(text, { path: "s3beat.yml", env, ...(mode === undefined ? undefined : { mode }) })

/** The config of a text that must be valid. */
export const configOf = (text: string, env: Environment = {}): S3beatConfig =>
  Result.getOrThrow(parse(text, env)).config

/** The lines of errors that the text gives, none when it is valid. */
export const errorsOf = (text: string, env: Environment = {}): ReadonlyArray<string> =>
  Result.match(parse(text, env), {
    onFailure: (error) => error.message.split("\n"),
    onSuccess: () => []
  })

/** The warnings of a text that must be valid. */
export const warningsOf = (text: string, env: Environment = {}, mode?: number): ReadonlyArray<string> =>
  Result.getOrThrow(parse(text, env, mode)).warnings
