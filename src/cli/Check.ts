/**
 * `s3beat check`: is the config right?
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import * as flags from "./flags.ts"
import { loadConfig } from "./loadConfig.ts"

/** Reads the config and says what it means, or every place where it is wrong. */
export const check = Command.make(
  "check",
  { config: flags.config, keystore: flags.keystore },
  Effect.fn("s3beat.check")(function* (options) {
    const { config, warnings } = yield* loadConfig(options)
    for (const warning of warnings) yield* Console.error(`warning: ${warning}`)
    yield* Console.log(`${options.config} is valid: ${summary(config)}`)
  })
).pipe(Command.withDescription("Read the config and say every place where it is wrong, with line and column"))

const summary = (config: S3beatConfig): string =>
  [
    `beat ${config.fullyQualifiedBeatName}`,
    `queues ${config.sqsQueues.map((queue) => `${queue.name} (${queue.region})`).join(", ")}`,
    config.assumeRoleFlag
      ? `roles ${config.assumeRoleArn.map((role) => role.arn).join(", ")}`
      : config.accessKeyID === undefined
        ? "the default provider chain's identity"
        : "the configured keys' identity",
    config.output._tag === "File" ? `output file in ${config.output.path}` : "output console"
  ].join("; ")
