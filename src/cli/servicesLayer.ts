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
import * as IdentitiesSts from "../credentials/IdentitiesSts.ts"
import * as ConsoleOutput from "../output/ConsoleOutput.ts"
import * as FileOutput from "../output/FileOutput.ts"
import type { Output, OutputError } from "../output/Output.ts"
import * as PublisherCoalescing from "../output/PublisherCoalescing.ts"
import * as LeaseBatching from "../source/LeaseBatching.ts"
import * as IdentitiesRemote from "../workers/IdentitiesRemote.ts"
import * as OutputRemote from "../workers/OutputRemote.ts"

/**
 * Everything that the pipeline needs, over AWS (or the config's endpoints) and `output`, the config's unless given.
 */
export const servicesLayer = (
  config: S3beatConfig,
  output: Layer.Layer<Output, OutputError> = outputLayer(config.output)
) =>
  awsLayer(config).pipe(
    Layer.provideMerge(CredentialsByRole.layerOverIdentities),
    Layer.provideMerge(identitiesLayer(config)),
    Layer.merge(Layer.provide(PublisherCoalescing.layer(config.batch), output))
  )

/** The same for a worker: who it is, and an output that is only one place, it has from the main thread. */
export const workerServicesLayer = (config: S3beatConfig) =>
  awsLayer(config).pipe(
    Layer.provideMerge(CredentialsByRole.layerOverIdentities),
    Layer.provide(IdentitiesRemote.layer(rolesOf(config))),
    Layer.merge(Layer.provide(PublisherCoalescing.layer(config.batch), workerOutputLayer(config.output)))
  )

const awsLayer = (config: S3beatConfig) => {
  const { endpoints } = config
  const source = Layer.provideMerge(
    LeaseBatching.layer({ visibilityTimeout: config.visibilityTimeout }),
    SqsSourceAws.layer({ endpoint: endpoints.sqs })
  )
  return Layer.merge(source, S3ReaderAws.layer({ endpoint: endpoints.s3, forcePathStyle: endpoints.s3PathStyle }))
}

const outputLayer = (output: OutputConfig): Layer.Layer<Output, OutputError> => {
  switch (output._tag) {
    case "File":
      return FileOutput.layer({ ...output, directory: output.path })
    case "Console":
      return ConsoleOutput.layer({ stdout: process.stdout })
  }
}

const workerOutputLayer = (output: OutputConfig) => {
  switch (output._tag) {
    case "File":
      return OutputRemote.layer("file")
    case "Console":
      return OutputRemote.layer("console")
  }
}

const identitiesLayer = (config: S3beatConfig) => {
  const { accessKeyID, secretAccessKey, stsRegion: region } = config
  const base =
    config.awsFlag || accessKeyID === undefined || secretAccessKey === undefined
      ? BaseIdentityAws.layerChain({ region })
      : BaseIdentityAws.layerKeys({ accessKeyId: accessKeyID, secretAccessKey })
  return IdentitiesSts.layer({
    roles: rolesOf(config),
    sessionName: `s3beat-${config.beatIdentifier}`,
    duration: config.stsCredsExpirationTime
  }).pipe(Layer.provide(StsAws.layer({ region, endpoint: config.endpoints.sts })), Layer.provide(base))
}

const rolesOf = (config: S3beatConfig) => (config.assumeRoleFlag ? config.assumeRoleArn : [])
