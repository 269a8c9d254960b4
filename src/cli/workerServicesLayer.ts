/**
 * The services of a worker's pipeline. Apart from those of the daemon, so that a worker loads nothing that only the main thread needs:
 * every thread has its own copy of all code that it loads.
 */
import { Layer } from "effect"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import * as CredentialsByRole from "../credentials/CredentialsByRole.ts"
import * as LogstashOutput from "../output/logstash/LogstashOutput.ts"
import * as FileOutput from "../output/FileOutput.ts"
import * as FileTurnsShared from "../output/FileTurnsShared.ts"
import type { OutputError } from "../output/Output.ts"
import type { Publisher } from "../output/Publisher.ts"
import * as DeadLettersRemote from "../workers/DeadLettersRemote.ts"
import * as IdentitiesRemote from "../workers/IdentitiesRemote.ts"
import type { MainThread } from "../workers/MainThread.ts"
import * as OutputRemote from "../workers/OutputRemote.ts"
import { publisherOver, readerLayer, rolesOf, sourceLayer } from "./pipelineLayers.ts"
import type { WorkerData } from "./workerProgram.ts"

/**
 * Everything that the pipeline of a worker needs: who it is and where its dead letters go, it has from the main thread.
 */
export const workerServicesLayer = (config: S3beatConfig, workerData: WorkerData) =>
  Layer.merge(sourceLayer(config), readerLayer(config)).pipe(
    Layer.provideMerge(CredentialsByRole.layerOverIdentities),
    Layer.provide(IdentitiesRemote.layer(rolesOf(config))),
    Layer.merge(publisherLayer(config, workerData)),
    Layer.merge(DeadLettersRemote.layer(workerData.deadLetters))
  )

const publisherLayer = (
  { batch, output }: S3beatConfig,
  { count, files, isOutputGiven, place }: WorkerData
): Layer.Layer<Publisher, OutputError, MainThread> => {
  const ofMainThread = (name: string) => publisherOver(shareOf(batch, count), OutputRemote.layer(name))
  if (isOutputGiven) return ofMainThread("given")
  switch (output._tag) {
    case "File":
      return Layer.provide(
        publisherOver(batch, FileOutput.layerSharing({ ...output, directory: output.path })),
        FileTurnsShared.layer(files, place)
      )
    case "Logstash":
      return publisherOver(batch, LogstashOutput.layer(output))
    case "Console":
      return ofMainThread("console")
  }
}

/** The main thread makes one batch of what the workers bring together. */
const shareOf = (batch: S3beatConfig["batch"], count: number): S3beatConfig["batch"] => ({
  ...batch,
  maxEvents: Math.ceil(batch.maxEvents / count),
  maxBytes: Math.ceil(batch.maxBytes / count)
})
