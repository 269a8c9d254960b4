/**
 * The one place where the daemon's Layers are composed from the config.
 */
import { Layer } from "effect"
import * as BaseIdentityAws from "../aws/BaseIdentityAws.ts"
import * as S3ReaderAws from "../aws/S3ReaderAws.ts"
import * as SqsSourceAws from "../aws/SqsSourceAws.ts"
import * as StsAws from "../aws/StsAws.ts"
import type { OutputConfig, S3beatConfig } from "../config/S3beatConfig.ts"
import * as CredentialsByRole from "../credentials/CredentialsByRole.ts"
import * as DeadLetterFile from "../deadletter/DeadLetterFile.ts"
import * as DeadLetterQueue from "../deadletter/DeadLetterQueue.ts"
import type { DeadLetters, DeadLettersError } from "../deadletter/DeadLetters.ts"
import * as DeadLettersByKind from "../deadletter/DeadLettersByKind.ts"
import * as DeadLettersNone from "../deadletter/DeadLettersNone.ts"
import * as ConsoleOutput from "../output/ConsoleOutput.ts"
import * as FileOutput from "../output/FileOutput.ts"
import * as PublisherCoalescing from "../output/PublisherCoalescing.ts"
import * as LeaseBatching from "../source/LeaseBatching.ts"
import type { SqsSource } from "../source/SqsSource.ts"

/**
 * Everything that the pipeline needs, over AWS (or the config's endpoints) and the config's output.
 */
export const servicesLayer = (config: S3beatConfig) => {
  const { endpoints } = config
  const reader = S3ReaderAws.layer({ endpoint: endpoints.s3, forcePathStyle: endpoints.s3PathStyle })
  return Layer.mergeAll(deadLettersLayer(config), reader).pipe(
    Layer.provideMerge(queuesLayer(config)),
    Layer.merge(publisherLayer(config))
  )
}

/** The queues, and who s3beat is towards them. */
export const queuesLayer = (config: S3beatConfig) =>
  LeaseBatching.layer({ visibilityTimeout: config.visibilityTimeout }).pipe(
    Layer.provideMerge(SqsSourceAws.layer({ endpoint: config.endpoints.sqs })),
    Layer.provideMerge(credentialsLayer(config))
  )

/** The way to the config's output. */
export const publisherLayer = (config: S3beatConfig) =>
  Layer.provide(PublisherCoalescing.layer(config.batch), outputLayer(config.output))

const deadLettersLayer = ({
  deadLetter: { maxKeptBytes, path, queue }
}: S3beatConfig): Layer.Layer<DeadLetters, DeadLettersError, SqsSource> => {
  const file = path === undefined ? undefined : DeadLetterFile.layer({ directory: path, maxBytes: maxKeptBytes })
  if (queue === undefined) return file ?? DeadLettersNone.layer
  return file === undefined ? DeadLetterQueue.layer(queue) : DeadLettersByKind.layer(DeadLetterQueue.layer(queue), file)
}

const outputLayer = (output: OutputConfig) => {
  switch (output._tag) {
    case "File":
      return FileOutput.layer({ ...output, directory: output.path })
    case "Console":
      return ConsoleOutput.layer({ stdout: process.stdout })
  }
}

const credentialsLayer = (config: S3beatConfig) => {
  const { accessKeyID, secretAccessKey, stsRegion: region } = config
  const base =
    config.awsFlag || accessKeyID === undefined || secretAccessKey === undefined
      ? BaseIdentityAws.layerChain({ region })
      : BaseIdentityAws.layerKeys({ accessKeyId: accessKeyID, secretAccessKey })
  return CredentialsByRole.layer({
    roles: config.assumeRoleFlag ? config.assumeRoleArn : [],
    sessionName: `s3beat-${config.beatIdentifier}`,
    duration: config.stsCredsExpirationTime
  }).pipe(Layer.provide(StsAws.layer({ region, endpoint: config.endpoints.sts })), Layer.provide(base))
}
