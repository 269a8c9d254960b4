/**
 * `s3beat redrive`: send dead letters back.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as QueueEntry from "../config/QueueEntry.ts"
import { nameOf } from "../deadletter/DeadLetter.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import { loadConfig, loggingLayer } from "./loadConfig.ts"

/** Sends back what is selected, and prints what became of the letters of each reason. */
export const redrive = Command.make(
  "redrive",
  {
    config: flags.config,
    keystore: flags.keystore,
    reasons: Flag.String("reason").pipe(
      Flag.withMetavar("TAG"),
      Flag.withDescription("Only dead letters of this reason, such as ObjectCorrupt; may be given several times"),
      Flag.atLeast(0)
    ),
    queues: Flag.String("queue").pipe(
      Flag.withMetavar("QUEUE"),
      Flag.withDescription("Only dead letters that came from this queue; may be given several times"),
      Flag.atLeast(0)
    ),
    max: Flag.Int("max").pipe(
      Flag.withDescription("Send back at most so many"),
      Flag.filter(
        (max) => max > 0,
        (max) => `${max} is not above 0`
      ),
      Flag.withDefault(Infinity)
    ),
    isDryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Count what would go back, and send nothing"),
      Flag.withDefault(false)
    ),
    from: Flag.String("from").pipe(
      Flag.withMetavar("QUEUE"),
      Flag.withDescription("Take them from this queue, such as a queue's own dead-letter queue, and from nowhere else"),
      Flag.optional
    ),
    to: Flag.String("to").pipe(
      Flag.withMetavar("QUEUE"),
      Flag.withDescription("Send messages to this queue instead of where they came from"),
      Flag.optional
    )
  },
  Effect.fn("s3beat.redrive")(function* ({ config: path, from, keystore, queues, to, ...selection }) {
    const { config } = yield* loadConfig({ config: path, keystore })
    const origins = yield* Effect.forEach(queues, (text) => parseQueue("--queue", text))
    const options = {
      selection: { ...selection, queues: origins.map(nameOf) },
      from: yield* queueOf("--from", from),
      to: yield* queueOf("--to", to)
    }
    const { from: source } = options
    if (source === undefined && config.deadLetter.queue === undefined && config.deadLetter.path === undefined) {
      return yield* new CommandFailed({
        message: `${path} sets neither deadLetter.queue nor deadLetter.path; set one, or name a queue with --from`,
        exitCode: exitCode.configWrong
      })
    }
    // The AWS SDK is large, and most commands do without it.
    const { runRedrive } = yield* Effect.promise(() => import("./runRedrive.ts"))
    yield* Effect.provide(runRedrive(config, options), loggingLayer(config))
  })
).pipe(
  Command.withDescription("Send dead letters back: messages to their queues, refused events to the output"),
  Command.withExamples([
    { command: "s3beat redrive --dry-run", description: "What is there, by reason" },
    { command: "s3beat redrive --reason ObjectCorrupt --max 100", description: "A hundred of one reason" },
    {
      command: "s3beat redrive --from events-dlq:us-east-1",
      description: "What a queue's redrive policy has put aside"
    }
  ])
)

const queueOf = (flag: string, text: Option.Option<string>): Effect.Effect<QueueRef | undefined, CommandFailed> =>
  Option.isNone(text) ? Effect.undefined : parseQueue(flag, text.value)

const parseQueue = (flag: string, text: string): Effect.Effect<QueueRef, CommandFailed> =>
  Effect.fromResult(QueueEntry.parse(text)).pipe(
    Effect.mapError((why) => new CommandFailed({ message: `${flag}: ${why}`, exitCode: exitCode.configWrong }))
  )
