/**
 * `s3beat policy`: the least that must be allowed for a config, ready to be attached.
 */
import { Console, Duration, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { stringify } from "yaml"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import { type Stack, stacks } from "../policy/cloudFormation.ts"
import * as Policies from "../policy/Policies.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import { loadConfig } from "./loadConfig.ts"

/** Prints the policies of identity, roles and queues, and the notification configuration of buckets. */
export const policy = Command.make(
  "policy",
  {
    config: flags.config,
    keystore: flags.keystore,
    format: Flag.Literals("format", ["json", "cloudformation"]).pipe(
      Flag.withDescription("json: all of them; cloudformation: a template for each account and region, as YAML"),
      Flag.withDefault("json")
    ),
    buckets: flags.buckets,
    principal: Flag.String("principal").pipe(
      Flag.withMetavar("ARN"),
      Flag.withDescription("The identity that s3beat runs as; s3beat check says which it is"),
      Flag.optional
    ),
    kmsKeys: Flag.String("kms-key").pipe(
      Flag.withMetavar("ARN"),
      Flag.withDescription("A KMS key that objects are encrypted with; may be repeated"),
      Flag.atLeast(0)
    ),
    account: Flag.String("account").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("With cloudformation: only the templates of this account"),
      Flag.optional
    )
  },
  Effect.fn("s3beat.policy")(function* ({ account, buckets, format, kmsKeys, principal, ...files }) {
    const { config } = yield* loadConfig(files)
    const policies = Policies.make({
      ...policyOptions(config),
      buckets,
      kmsKeys,
      principal: Option.getOrUndefined(principal)
    })
    if (format === "json") return yield* Console.log(JSON.stringify(policies, null, 2))
    const asked = stacks(policies).filter((stack) => Option.getOrElse(account, () => stack.account) === stack.account)
    if (asked.length === 0) {
      return yield* new CommandFailed({
        message: `Nothing is to be allowed in account ${Option.getOrElse(account, () => "")}; the config speaks of ${[...new Set(stacks(policies).map((stack) => stack.account))].join(", ")}`,
        exitCode: exitCode.configWrong
      })
    }
    yield* Console.log(asked.map(document).join("---\n").trimEnd())
  })
).pipe(
  Command.withDescription(
    "Print the least that must be allowed: the policies of identity, roles and queues, and what the buckets announce"
  ),
  Command.withExamples([
    {
      command: "s3beat policy -c s3beat.yml --bucket prod-logs",
      description: "As JSON, <placeholders> where it cannot know"
    },
    {
      command: "s3beat policy --format cloudformation --principal ARN --account 111111111111 > reader.yml",
      description: "The template for account A"
    }
  ])
)

/** What the config says to the policies. */
export const policyOptions = (config: S3beatConfig) => ({
  queues: config.sqsQueues,
  deadLetterQueue: config.deadLetter.queue,
  roles: config.assumeRoleFlag ? config.assumeRoleArn : [],
  sessionSeconds: Duration.toSeconds(config.stsCredsExpirationTime)
})

/** AWS reads YAML 1.1, in which a bare 2012-10-17 is a date. */
const document = ({ account, region, template }: Stack): string =>
  `# Account ${account}, ${region === undefined ? "any region" : `region ${region}`}\n${stringify(template, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false })}`
