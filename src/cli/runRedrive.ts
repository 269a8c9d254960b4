/**
 * What `s3beat redrive` does.
 */
import { Console, Context, Effect, Layer, Scope } from "effect"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import { nameOf } from "../deadletter/DeadLetter.ts"
import { giveBack } from "../deadletter/giveBack.ts"
import * as Redrive from "../deadletter/Redrive.ts"
import { redriveFiles } from "../deadletter/redriveFiles.ts"
import { redriveQueue } from "../deadletter/redriveQueue.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { Publisher } from "../output/Publisher.ts"
import { SqsSource } from "../source/SqsSource.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { publisherLayer, queuesLayer } from "./servicesLayer.ts"

/** Which letters, and from where to where if not by the config. */
export interface RedriveOptions {
  readonly selection: Redrive.Selection
  readonly from: QueueRef | undefined
  readonly to: QueueRef | undefined
}

/** The shell's convention for a program ended by SIGINT. */
const INTERRUPTED = 130

/**
 * Sends back what is selected, and prints a line for each reason.
 *
 * **Errors** `CommandFailed` when AWS, a file or the output cannot be used, or some letter could not go back.
 */
export const runRedrive = Effect.fnUntraced(
  function* (config: S3beatConfig, { from, selection, to }: RedriveOptions) {
    const { path, queue } = config.deadLetter
    const services = yield* Effect.context<SqsSource>()
    const scope = yield* Effect.scope
    const publisher = yield* Effect.cached(Scope.provide(publisherOf(config), scope))
    const queueOf = (origin: string) => to ?? config.sqsQueues.find((queue) => nameOf(queue) === origin)
    const back = giveBack({ queueOf, publisher })
    const redrive = Redrive.make(selection, (letter) => Effect.provide(back(letter), services))

    const fromQueue = Effect.fnUntraced(function* (queue: QueueRef) {
      const origin = yield* originOf(queue, config.sqsQueues)
      yield* redriveQueue({ queue, origin, visibilityTimeout: config.visibilityTimeout }, redrive)
    })

    yield* Effect.gen(function* () {
      if (from !== undefined) return yield* fromQueue(from)
      if (queue !== undefined) yield* fromQueue(queue)
      if (path !== undefined) yield* redriveFiles(path, redrive)
    }).pipe(
      Effect.mapError(({ detail }) => failed(`The redrive stopped: ${detail}`)),
      // What was done is told even when not all could be.
      Effect.ensuring(Effect.suspend(() => Console.log(report(redrive))))
    )
    const refused = redrive.tally().reduce((sum, tally) => sum + tally.refused, 0)
    if (refused > 0) return yield* failed(`${refused} dead letters could not go back; the log says why`)
  },
  Effect.scoped,
  (effect, config) => Effect.provide(effect, queuesLayer(config)),
  Effect.onInterrupt(() => Effect.sync(() => void (process.exitCode = INTERRUPTED)))
)

const failed = (message: string) => new CommandFailed({ message, exitCode: exitCode.failed })

const publisherOf = (config: S3beatConfig) =>
  Layer.build(publisherLayer(config)).pipe(
    Effect.map((context) => Context.get(context, Publisher)),
    Effect.mapError(({ message }) => new Redrive.RedriveError({ detail: message }))
  )

/** The queue whose redrive policy names this one, if it is only one of those that are polled. */
const originOf = Effect.fnUntraced(function* (deadLetters: QueueRef, polled: ReadonlyArray<QueueRef>) {
  const source = yield* SqsSource
  const origins = yield* Effect.filter(
    polled,
    (queue) =>
      source.describe(queue).pipe(
        Effect.map(({ redrive }) => {
          const [, , , region, , name] = redrive?.deadLetterTargetArn.split(":") ?? []
          return name === deadLetters.name && region === deadLetters.region
        }),
        Effect.orElseSucceed(() => false)
      ),
    { concurrency: "unbounded" }
  )
  const [origin] = origins
  return origin === undefined || origins.length > 1 ? "not known" : nameOf(origin)
})

const report = (redrive: Redrive.Redrive): string => {
  const [went, stayed] = redrive.isDryRun ? ["would go back", "would stay"] : ["sent back", "left"]
  const lines = redrive
    .tally()
    .map(
      ({ back, left, reason, refused }) =>
        `${reason}: ${back} ${went}${refused > 0 ? `, ${refused} could not` : ""}${left > 0 ? `, ${left} ${stayed}` : ""}`
    )
  return lines.length === 0 ? "There are no dead letters." : lines.join("\n")
}
