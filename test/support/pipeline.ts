/**
 * A whole pipeline over in-memory services: what a test of its laws needs to fill, to break and to look at.
 */
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import type { DecodeOptions } from "../../src/decode/decodeObject.ts"
import * as DeadLettersNone from "../../src/deadletter/DeadLettersNone.ts"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import { makeEventEncoder } from "../../src/encode/EventEncoder.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as Ingest from "../../src/pipeline/Ingest.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import * as S3ReaderMemory from "../../src/testing/S3ReaderMemory.ts"
import * as SqsSourceMemory from "../../src/testing/SqsSourceMemory.ts"

export const queue: QueueRef = { name: "events", region: "us-east-1" }

export const visibilityTimeout = Duration.minutes(5)

export const decode: DecodeOptions = {
  inflateKernel: InflateKernel.make(),
  jsonKernel: JsonKernel.make(),
  maxRecordBytes: 1024 * 1024,
  maxObjectBytes: 1024 * 1024 * 1024,
  maxExpansionRatio: 200
}

const encoder = makeEventEncoder({
  beatName: "s3beat",
  version: "0.0.0",
  fullyQualifiedBeatName: "s3beat_test",
  fieldsUnderRoot: false,
  tags: []
})

/** What the pipeline is told, unless a test says otherwise. */
export const options: Ingest.IngestOptions = {
  queues: [{ queue, hasRedrivePolicy: false }],
  period: Duration.seconds(10),
  visibilityTimeout,
  maxInFlightMessages: 100,
  maxBytesInFlight: 16 * 1024 * 1024,
  decode,
  encoder,
  acceptsKey: () => true,
  onMissingObject: "delete"
}

/** The services in memory, without a destination for dead letters. */
export const layer = Layer.suspend(() => layerWith(DeadLettersNone.layer))

/** The services in memory, with this destination. */
export const layerWith = <A, E>(deadLetters: Layer.Layer<A, E>) =>
  Layer.mergeAll(
    deadLetters,
    LeaseBatching.layer({ visibilityTimeout }),
    PublisherCoalescing.layer({ maxEvents: 2048, maxBytes: 4 * 1024 * 1024, maxWait: Duration.millis(100) })
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(SqsSourceMemory.layer, OutputMemory.layer())),
    Layer.provideMerge(S3ReaderMemory.layer),
    Layer.tap((context) => Effect.provide(createQueue, context))
  )

const createQueue = Effect.gen(function* () {
  yield* (yield* SqsSourceMemory.SqsSourceMemory).createQueue(queue)
})

/** The notification that S3 would send of these objects. */
export const notificationOf = (...objects: ReadonlyArray<ObjectRef>): string =>
  JSON.stringify({
    Records: objects.map(({ bucket, eTag, key, region, size }) => ({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: region,
      eventName: "ObjectCreated:Put",
      s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), eTag, size } }
    }))
  })

/** Starts the pipeline; `drain` ends it in peace, `kill` at once. */
export const start = Effect.fnUntraced(function* (more: Partial<Ingest.IngestOptions> = {}) {
  const drained = yield* Deferred.make<void>()
  const fiber = yield* Effect.forkChild(Ingest.run({ ...options, ...more }, Deferred.await(drained)))
  return {
    drain: Effect.andThen(Deferred.succeed(drained, undefined), Fiber.join(fiber)),
    kill: Fiber.interrupt(fiber)
  }
})
