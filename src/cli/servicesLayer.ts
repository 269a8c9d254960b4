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
import * as ConsoleOutput from "../output/ConsoleOutput.ts"
import * as FileOutput from "../output/FileOutput.ts"
import * as LogstashOutput from "../output/logstash/LogstashOutput.ts"
import * as PublisherCoalescing from "../output/PublisherCoalescing.ts"
import * as LeaseBatching from "../source/LeaseBatching.ts"

/**
 * Everything that the pipeline needs, over AWS (or the config's endpoints) and the config's output.
 */
export const servicesLayer = (config: S3beatConfig) => {
  const { endpoints } = config
  const source = Layer.provideMerge(
    LeaseBatching.layer({ visibilityTimeout: config.visibilityTimeout }),
    SqsSourceAws.layer({ endpoint: endpoints.sqs })
  )
  const reader = S3ReaderAws.layer({ endpoint: endpoints.s3, forcePathStyle: endpoints.s3PathStyle })
  const publisher = Layer.provide(PublisherCoalescing.layer(config.batch), outputLayer(config.output))
  return Layer.mergeAll(source, reader).pipe(Layer.provideMerge(credentialsLayer(config)), Layer.merge(publisher))
}

const outputLayer = (output: OutputConfig) => {
  switch (output._tag) {
    case "File":
      return FileOutput.layer({ ...output, directory: output.path })
    case "Logstash":
      return LogstashOutput.layer(output)
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
