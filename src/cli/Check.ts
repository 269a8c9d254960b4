/**
 * `s3beat check`: is the config right?
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { OutputConfig, S3beatConfig } from "../config/S3beatConfig.ts"
import { showAddress } from "../output/logstash/LogstashOptions.ts"
import * as flags from "./flags.ts"
import { loadConfig } from "./loadConfig.ts"

/** Reads the config and says what it means, or every place where it is wrong. */
export const check = Command.make(
  "check",
  { config: flags.config },
  Effect.fn("s3beat.check")(function* (options) {
    const { config, warnings } = yield* loadConfig(options.config)
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
    outputOf(config.output)
  ].join("; ")

const outputOf = (output: OutputConfig): string => {
  switch (output._tag) {
    case "File":
      return `output file in ${output.path}`
    case "Logstash":
      return `output logstash to ${output.hosts.map(showAddress).join(", ")}${output.ssl === undefined ? "" : " over TLS"}`
    case "Console":
      return "output console"
  }
}
