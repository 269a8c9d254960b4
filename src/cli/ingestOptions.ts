/**
 * What the config says to the pipeline.
 */
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import type { DecodeOptions } from "../decode/decodeObject.ts"
import * as InflateKernel from "../decode/InflateKernel.ts"
import * as JsonKernel from "../decode/JsonKernel.ts"
import { type EventEncoder, makeEventEncoder } from "../encode/EventEncoder.ts"
import type { HeartbeatSender } from "../encode/heartbeatEvent.ts"
import { makeKeyFilter } from "../notification/keyFilter.ts"
import type { IngestOptions } from "../pipeline/Ingest.ts"
import type { PolledQueue } from "../pipeline/receive.ts"
import { version } from "../version.ts"

/** Who this beat is, in every event. */
export const beatOf = ({ fullyQualifiedBeatName }: S3beatConfig): HeartbeatSender => ({
  beatName: "s3beat",
  version,
  fullyQualifiedBeatName
})

/** The pipeline's options, for queues that were found at start. */
export const ingestOptions = (config: S3beatConfig, queues: ReadonlyArray<PolledQueue>): IngestOptions => ({
  queues,
  period: config.period,
  visibilityTimeout: config.visibilityTimeout,
  maxInFlightMessages: config.maxInFlightMessages,
  maxBytesInFlight: config.maxBytesInFlight,
  onMissingObject: config.onMissingObject,
  acceptsKey: makeKeyFilter(config.traits),
  decode: decodeOptions(config),
  encoder: encoderOf(config)
})

/** How objects are cut into records, in this thread. */
export const decodeOptions = (config: S3beatConfig): DecodeOptions => ({
  inflateKernel: InflateKernel.make(),
  jsonKernel: JsonKernel.make(),
  maxRecordBytes: config.maxRecordBytes,
  maxObjectBytes: config.maxObjectBytes,
  maxExpansionRatio: config.maxExpansionRatio,
  ...(config.multiline === undefined ? undefined : { multiline: config.multiline }),
  ...(config.expandEventListFromField === undefined
    ? undefined
    : { expandEventListFromField: config.expandEventListFromField })
})

/** The encoder of this beat's events. */
export const encoderOf = (config: S3beatConfig): EventEncoder =>
  makeEventEncoder({
    ...beatOf(config),
    layout: config.eventProfile,
    deviceType: config.logsource_name,
    fields: config.fields,
    fieldsUnderRoot: config.fieldsUnderRoot,
    tags: config.tags
  })
