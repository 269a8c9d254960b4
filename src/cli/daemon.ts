/**
 * The daemon: every Layer composed from the config, the checks at start, the pipeline, and the drain at the end.
 */
import { availableParallelism } from "node:os"
import * as NodeWorker from "@effect/platform-node/NodeWorker"
import { Deferred, Duration, Effect, Fiber, type Layer, Option } from "effect"
import type { LoadedConfig } from "../config/ConfigFile.ts"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import { Credentials } from "../credentials/Credentials.ts"
import { DeadLetters } from "../deadletter/DeadLetters.ts"
import * as Heartbeat from "../pipeline/Heartbeat.ts"
import * as FileTurnsShared from "../output/FileTurnsShared.ts"
import type { Output, OutputError } from "../output/Output.ts"
import * as Ingest from "../pipeline/Ingest.ts"
import type { PolledQueue } from "../pipeline/receive.ts"
import { SqsSource } from "../source/SqsSource.ts"
import type { LoggingOptions } from "../telemetry/logging.ts"
import * as Progress from "../telemetry/progress.ts"
import * as Workers from "../workers/Workers.ts"
import { version } from "../version.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { beatOf, ingestOptions } from "./ingestOptions.ts"
import { servicesLayer } from "./servicesLayer.ts"
import { startThread } from "./startThread.ts"
import { tuneThreads } from "./tuneEngine.ts"

/**
 * Ships what the config's queues announce until it is interrupted; then takes no more, lets what is in flight come to its
 * end for up to `shutdownTimeout`, gives the rest back, and says by a last heartbeat that it has stopped.
 *
 * **Shape** Events go to `output`, the config's unless another one is given.
 *
 * **Errors** `CommandFailed` when AWS or the output cannot be used at start, with the cause in one line. Once started
 * nothing ends it but interruption.
 */
export const daemon = (
  { config, plain }: LoadedConfig,
  logging: LoggingOptions,
  output?: Layer.Layer<Output, OutputError>
): Effect.Effect<never, CommandFailed> => {
  const count = workerCount(config.workers)
  const files = FileTurnsShared.make(placeOf(count))
  return Effect.gen(function* () {
    const queues = yield* Effect.forEach(config.sqsQueues, startQueue)
    yield* startDeadLetters(config, queues)
    yield* Effect.logInfo(
      `Started s3beat ${version} as ${config.fullyQualifiedBeatName}, with ${count === 1 ? "1 worker" : `${count} workers`}.`
    )
    yield* Effect.forkScoped(Progress.report)
    // Before the pipeline, because the scope closes in reverse: the last heartbeat says that everything is drained.
    if (!config.heartbeatdisabled) {
      yield* Heartbeat.run({ sender: beatOf(config), interval: config.heartbeatinterval })
    }
    if (count > 1) tuneThreads(count)
    const drain = yield* Deferred.make<void>()
    const { name: deadLetters } = yield* DeadLetters
    const workerData = { plain, queues, deadLetters, isOutputGiven: output !== undefined, files, count, logging }
    const ingest = yield* Effect.forkScoped(
      count === 1
        ? Ingest.run(ingestOptions(config, queues), Deferred.await(drain))
        : Workers.run(count, Deferred.await(drain), (index) => FileTurnsShared.ended(files, placeOf(index))).pipe(
            Effect.provide(NodeWorker.layer((index) => startThread({ ...workerData, place: placeOf(index) })))
          )
    )
    yield* Effect.addFinalizer(() => drained(ingest, drain, config.shutdownTimeout))
    return yield* Effect.andThen(Fiber.join(ingest), Effect.never)
  }).pipe(
    Effect.scoped,
    Effect.provide(servicesLayer(config, output, FileTurnsShared.layer(files, MAIN_PLACE))),
    Effect.catchTag(["SqsSourceError", "CredentialsError", "OutputError", "DeadLettersError"], (error) =>
      Effect.fail(new CommandFailed({ message: `s3beat cannot start: ${error.message}`, exitCode: exitCode.failed }))
    )
  )
}

/** Who writes to the files of the output: the main thread has its heartbeats, each worker its events. */
const MAIN_PLACE = 0
const placeOf = (index: number) => MAIN_PLACE + 1 + index

/** One pipeline for every core, unless the config says otherwise. */
const workerCount = (workers: S3beatConfig["workers"]) => (workers === "auto" ? availableParallelism() : workers)

/** What must be right before the first poll: the identity has keys, and the queue is there. */
const startQueue = Effect.fnUntraced(function* (queue: S3beatConfig["sqsQueues"][number]) {
  const source = yield* SqsSource
  const identity = (yield* Credentials).forQueue(queue)
  yield* identity.keys
  const description = yield* source.describe(queue)
  yield* Effect.logInfo(`Polls queue ${queue.name} in ${queue.region} as ${identity.name}.`)
  const hasRedrivePolicy = description.attributesDenied ? undefined : description.redrive !== undefined
  return { queue, hasRedrivePolicy } satisfies PolledQueue
})

/** What can never be shipped has to go somewhere: the queue for it is there, or someone is told in time. */
const startDeadLetters = Effect.fnUntraced(function* (
  { deadLetter: { path, queue } }: S3beatConfig,
  polled: ReadonlyArray<PolledQueue>
) {
  if (queue !== undefined) yield* (yield* SqsSource).describe(queue)
  if (queue !== undefined || path !== undefined) {
    return yield* Effect.logInfo(`Dead letters go to ${(yield* DeadLetters).name}.`)
  }
  for (const { hasRedrivePolicy, queue } of polled) {
    if (hasRedrivePolicy !== false) continue
    yield* Effect.logWarning(
      `Queue ${queue.name} has no redrive policy, and no deadLetter.queue or deadLetter.path is set: a message that can never be shipped is kept and comes back until it expires.`
    )
  }
})

const drained = Effect.fnUntraced(function* (
  ingest: Fiber.Fiber<void>,
  drain: Deferred.Deferred<void>,
  shutdownTimeout: Duration.Duration
) {
  yield* Effect.logInfo(
    `Stopping: no more messages are taken, those in flight have ${Duration.format(shutdownTimeout)}.`
  )
  yield* Deferred.succeed(drain, undefined)
  const ended = yield* Fiber.await(ingest).pipe(Effect.interruptible, Effect.timeoutOption(shutdownTimeout))
  if (Option.isNone(ended)) {
    yield* Effect.logWarning("Not all messages in flight came to their end; the others are given back to their queues.")
    yield* Fiber.interrupt(ingest)
  }
  const { events, messagesDeleted, objects } = yield* Progress.totals
  yield* Effect.logInfo(`Drained. In all: ${messagesDeleted} messages, ${objects} objects, ${events} events.`)
})
