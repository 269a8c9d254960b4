/**
 * The commands of s3beat.
 */
import { Command } from "effect/cli"
import { check } from "./Check.ts"
import { decode } from "./Decode.ts"
import { demo } from "./Demo.ts"
import { demoCollector } from "./DemoCollector.ts"
import { LogFormat } from "./flags.ts"
import { init } from "./Init.ts"
import { keystore } from "./Keystore.ts"
import { migrate } from "./Migrate.ts"
import { policy } from "./Policy.ts"
import { redrive } from "./Redrive.ts"
import { run } from "./Run.ts"

/** `s3beat`, with its subcommands. */
export const s3beat = Command.make("s3beat").pipe(
  Command.withDescription(
    "Ships the logs that land in S3 buckets, announced on SQS, across AWS accounts; a message is deleted only after its events are acknowledged"
  ),
  Command.withSubcommands([init, policy, check, run, migrate, keystore, redrive, decode, demo, demoCollector]),
  Command.withGlobalFlags([LogFormat])
)
