/**
 * What a worker thread does: one whole pipeline, with its share of what the process may have in flight.
 */
import { Effect, Fiber } from "effect"
import * as S3beatConfig from "../config/S3beatConfig.ts"
import * as Ingest from "../pipeline/Ingest.ts"
import type { SharedFiles } from "../output/FileTurnsShared.ts"
import type { PolledQueue } from "../pipeline/receive.ts"
import * as Logging from "../telemetry/logging.ts"
import * as MainThread from "../workers/MainThread.ts"
import * as relay from "../workers/relay.ts"
import { ingestOptions } from "./ingestOptions.ts"
import { workerServicesLayer } from "./workerServicesLayer.ts"

/** What a worker is told at its start. Plain data: it goes from one thread to another. */
export interface WorkerData {
  /** What the config is decoded from, known to be good. */
  readonly plain: unknown
  readonly queues: ReadonlyArray<PolledQueue>
  /** What the destination of the dead letters is called. */
  readonly deadLetters: string
  /** Whether events go elsewhere than to the output of the config: the main thread knows where. */
  readonly isOutputGiven: boolean
  /** What all who write to the files of the output have in common, and this worker's place among them. */
  readonly files: SharedFiles
  readonly place: number
  /** How many workers share the process. */
  readonly count: number
  readonly logging: Logging.LoggingOptions
}

/**
 * Runs the pipeline until the main thread says that it is time to drain, and tells it when that is done; then waits for its
 * leave to end. When the main thread closes the connection before, messages in flight are given back.
 */
export const workerProgram = (workerData: WorkerData) =>
  Effect.gen(function* () {
    const { count, plain, queues } = workerData
    const main = yield* MainThread.MainThread
    const config = S3beatConfig.fromPlain(plain)
    const telling = yield* Effect.forkScoped(relay.tell)
    yield* Ingest.run(shareOf(ingestOptions(config, queues), count), main.drain).pipe(
      Effect.provide(workerServicesLayer(config, workerData)),
      Effect.raceFirst(main.closed)
    )
    yield* Fiber.interrupt(telling)
    yield* main.tellDrained
    yield* main.closed
  }).pipe(Effect.scoped, Effect.provide(MainThread.layer), Effect.provide(Logging.layer(workerData.logging)))

const shareOf = (options: Ingest.IngestOptions, count: number): Ingest.IngestOptions => ({
  ...options,
  maxInFlightMessages: Math.max(1, Math.floor(options.maxInFlightMessages / count)),
  maxBytesInFlight: Math.floor(options.maxBytesInFlight / count)
})
