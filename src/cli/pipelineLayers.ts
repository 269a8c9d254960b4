/**
 * What every pipeline has of its own, in the main thread or in a worker: its ways to SQS and S3, by the config.
 */
import { Layer } from "effect"
import * as S3ReaderAws from "../aws/S3ReaderAws.ts"
import * as SqsSourceAws from "../aws/SqsSourceAws.ts"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import type { Output, OutputError } from "../output/Output.ts"
import * as PublisherCoalescing from "../output/PublisherCoalescing.ts"
import * as LeaseBatching from "../source/LeaseBatching.ts"

/** The queues, and the leases of their messages. */
export const sourceLayer = (config: S3beatConfig) =>
  Layer.provideMerge(
    LeaseBatching.layer({ visibilityTimeout: config.visibilityTimeout }),
    SqsSourceAws.layer({ endpoint: config.endpoints.sqs })
  )

/** The objects. */
export const readerLayer = ({ endpoints }: S3beatConfig) =>
  S3ReaderAws.layer({ endpoint: endpoints.s3, forcePathStyle: endpoints.s3PathStyle })

/** The way to `output`, in such batches. */
export const publisherOver = <R>(batch: S3beatConfig["batch"], output: Layer.Layer<Output, OutputError, R>) =>
  Layer.provide(PublisherCoalescing.layer(batch), output)

/** Whom s3beat may be. */
export const rolesOf = (config: S3beatConfig) => (config.assumeRoleFlag ? config.assumeRoleArn : [])
