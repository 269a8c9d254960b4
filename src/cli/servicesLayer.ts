/**
 * The Layers of the daemon and of the commands beside it, composed from the config.
 */
import { Layer } from "effect"
import * as BaseIdentityAws from "../aws/BaseIdentityAws.ts"
import * as StsAws from "../aws/StsAws.ts"
import type { OutputConfig, S3beatConfig } from "../config/S3beatConfig.ts"
import * as CredentialsByRole from "../credentials/CredentialsByRole.ts"
import * as IdentitiesSts from "../credentials/IdentitiesSts.ts"
import * as DeadLetterFile from "../deadletter/DeadLetterFile.ts"
import * as DeadLetterQueue from "../deadletter/DeadLetterQueue.ts"
import type { DeadLetters, DeadLettersError } from "../deadletter/DeadLetters.ts"
import * as DeadLettersByKind from "../deadletter/DeadLettersByKind.ts"
import * as DeadLettersNone from "../deadletter/DeadLettersNone.ts"
import * as ConsoleOutput from "../output/ConsoleOutput.ts"
import * as FileOutput from "../output/FileOutput.ts"
import type { FileTurns } from "../output/FileTurns.ts"
import * as FileTurnsShared from "../output/FileTurnsShared.ts"
import * as LogstashOutput from "../output/logstash/LogstashOutput.ts"
import type { Output, OutputError } from "../output/Output.ts"
import type { SqsSource } from "../source/SqsSource.ts"
import { publisherOver, readerLayer, rolesOf, sourceLayer } from "./pipelineLayers.ts"

/**
 * Everything that the pipeline needs, over AWS (or the config's endpoints) and `output`, the config's unless given. **Shape** `turns` are for
 * those who share the files of the output.
 */
export const servicesLayer = (
  config: S3beatConfig,
  output?: Layer.Layer<Output, OutputError>,
  turns?: Layer.Layer<FileTurns>
) =>
  Layer.mergeAll(deadLettersLayer(config), readerLayer(config)).pipe(
    Layer.provideMerge(queuesLayer(config)),
    Layer.merge(publisherLayer(config, output, turns))
  )

/** The queues, and who s3beat is towards them. */
export const queuesLayer = (config: S3beatConfig) => Layer.provideMerge(sourceLayer(config), credentialsLayer(config))

/** The way to `output`, the config's unless given. */
export const publisherLayer = (
  config: S3beatConfig,
  output: Layer.Layer<Output, OutputError, FileTurns> = outputLayer(config.output),
  turns = FileTurnsShared.layerAlone
) => Layer.provide(publisherOver(config.batch, output), turns)

const deadLettersLayer = ({
  deadLetter: { maxKeptBytes, path, queue }
}: S3beatConfig): Layer.Layer<DeadLetters, DeadLettersError, SqsSource> => {
  const file = path === undefined ? undefined : DeadLetterFile.layer({ directory: path, maxBytes: maxKeptBytes })
  if (queue === undefined) return file ?? DeadLettersNone.layer
  return file === undefined ? DeadLetterQueue.layer(queue) : DeadLettersByKind.layer(DeadLetterQueue.layer(queue), file)
}

/** The output that the config enables. */
export const outputLayer = (output: OutputConfig): Layer.Layer<Output, OutputError, FileTurns> => {
  switch (output._tag) {
    case "File":
      return FileOutput.layerHolding({ ...output, directory: output.path })
    case "Logstash":
      return LogstashOutput.layer(output)
    case "Console":
      return ConsoleOutput.layer({ stdout: process.stdout })
  }
}

/** Who s3beat is, and who it may be; with STS itself, for those who ask it more. */
export const credentialsLayer = (config: S3beatConfig) =>
  Layer.provideMerge(CredentialsByRole.layerOverIdentities, identitiesLayer(config))

/** How sessions of roles are called in the trails of their accounts. */
export const sessionName = ({ beatIdentifier }: S3beatConfig): string => `s3beat-${beatIdentifier}`

const identitiesLayer = (config: S3beatConfig) => {
  const { accessKeyID, secretAccessKey, stsRegion: region } = config
  const base =
    config.awsFlag || accessKeyID === undefined || secretAccessKey === undefined
      ? BaseIdentityAws.layerChain({ region })
      : BaseIdentityAws.layerKeys({ accessKeyId: accessKeyID, secretAccessKey })
  return IdentitiesSts.layer({
    roles: rolesOf(config),
    sessionName: sessionName(config),
    duration: config.stsCredsExpirationTime
  }).pipe(Layer.provideMerge(StsAws.layer({ region, endpoint: config.endpoints.sts })), Layer.provide(base))
}
