/**
 * `s3beat check`: is everything as s3beat needs it?
 */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { about, ok } from "../check/Finding.ts"
import type { OutputConfig, S3beatConfig } from "../config/S3beatConfig.ts"
import { showAddress } from "../output/logstash/LogstashOptions.ts"
import * as flags from "./flags.ts"
import { loadConfig } from "./loadConfig.ts"

/**
 * Reads the config and says every place where it is wrong; then walks, over the real APIs, everything that it needs to be true.
 */
export const check = Command.make(
  "check",
  {
    config: flags.config,
    keystore: flags.keystore,
    configOnly: Flag.Boolean("config-only").pipe(
      Flag.withDescription("Only read the config; ask nobody"),
      Flag.withDefault(false)
    ),
    buckets: flags.buckets,
    send: Flag.Boolean("send").pipe(
      Flag.withDescription("Send one test event through the output, and wait until it is acknowledged"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the findings as one JSON document"),
      Flag.withDefault(false)
    )
  },
  Effect.fn("s3beat.check")(function* ({ configOnly, ...options }) {
    const { config: path } = options
    const { config, warnings } = yield* loadConfig(options)
    if (configOnly) {
      for (const warning of warnings) yield* Console.error(`warning: ${warning}`)
      return yield* Console.log(`${path} is valid: ${meaning(config)}`)
    }
    const ofConfig = [
      about("config", ok(`${path} is valid: ${meaning(config)}`)),
      ...warnings.map((text) => about("config", { status: "warning", detail: text }))
    ]
    // The AWS SDK is large, and whoever asks for the config alone has no use for it.
    const { runCheck } = yield* Effect.promise(() => import("./runCheck.ts"))
    yield* runCheck(config, ofConfig, options)
  })
).pipe(
  Command.withDescription(
    "Check everything that s3beat needs, from the config to the output, and say what to change where. Nothing is changed; one message of each queue is looked at and given back"
  ),
  Command.withExamples([
    {
      command: "s3beat check -c s3beat.yml --bucket prod-logs",
      description: "With a bucket that no message names yet"
    },
    { command: "s3beat check --config-only", description: "Where is the config wrong, line and column" }
  ])
)

const meaning = (config: S3beatConfig): string =>
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
