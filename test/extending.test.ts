/**
 * s3beat extended from outside: an Output of one's own, over HTTP, composed in the place of ours. Only what the package exports is
 * imported.
 */
import { createServer } from "node:http"
import { assert, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import {
  DeadLettersNone,
  EventBatch,
  EventEncoder,
  Ingest,
  LeaseBatching,
  Output,
  PublisherCoalescing
} from "../src/index.ts"
import { S3ReaderMemory, SqsSourceMemory } from "../src/testing/index.ts"

/** An output that posts NDJSON to a collector. */
const layerCollector = (url: string) =>
  Layer.succeed(Output.Output, {
    name: "collector",
    concurrency: 4,
    publish: (batches) =>
      Effect.tryPromise({
        try: async (signal) => {
          const body = new Uint8Array(EventBatch.ndjson(EventBatch.concat(batches)))
          const answer = await fetch(url, { method: "POST", body, signal })
          if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
        },
        catch: (cause) =>
          new Output.OutputError({
            output: "collector",
            reason: new Output.OutputUnavailable({ detail: String(cause) })
          })
      })
  })

/** A collector that refuses the first batch. */
const collector = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly lines: Array<string>; readonly close: () => void }>((resume) => {
    const lines: Array<string> = []
    let requests = 0
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const isRefused = requests++ === 0
        if (!isRefused) lines.push(...Buffer.concat(chunks).toString().trimEnd().split("\n"))
        response.writeHead(isRefused ? 503 : 200).end()
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const close = () => {
        server.closeAllConnections()
        server.close()
      }
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}/`, lines, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const queue = { name: "events", region: "us-east-1" }

const encoder = EventEncoder.makeEventEncoder({
  beatName: "s3beat",
  version: "0.0.0",
  fullyQualifiedBeatName: "s3beat_extended",
  fieldsUnderRoot: false,
  tags: []
})

it.live(
  "an output from outside takes the place of ours: events arrive, retries and deletes work as ever",
  Effect.fnUntraced(function* () {
    const { lines, url } = yield* collector
    const visibilityTimeout = Duration.minutes(5)
    const services = Layer.mergeAll(
      PublisherCoalescing.layer({ maxEvents: 100, maxBytes: 1_000_000, maxWait: Duration.millis(50) }).pipe(
        Layer.provide(layerCollector(url))
      ),
      LeaseBatching.layer({ visibilityTimeout }),
      DeadLettersNone.layer
    ).pipe(Layer.provideMerge(SqsSourceMemory.layer), Layer.provideMerge(S3ReaderMemory.layer))

    yield* Effect.gen(function* () {
      const sqs = yield* SqsSourceMemory.SqsSourceMemory
      const s3 = yield* S3ReaderMemory.S3ReaderMemory
      yield* sqs.createQueue(queue)
      const { eTag, key } = yield* s3.put({ bucket: "logs", key: "a" }, Buffer.from("one\ntwo\n"))
      yield* sqs.send(
        queue,
        JSON.stringify({
          Records: [
            {
              eventVersion: "2.1",
              eventSource: "aws:s3",
              awsRegion: "us-east-1",
              eventName: "ObjectCreated:Put",
              s3: { bucket: { name: "logs" }, object: { key, eTag } }
            }
          ]
        })
      )
      const drain = yield* Deferred.make<void>()
      const ingest = yield* Effect.forkChild(
        Ingest.run(
          {
            queues: [{ queue, hasRedrivePolicy: undefined }],
            period: Duration.seconds(1),
            visibilityTimeout,
            maxInFlightMessages: 10,
            maxBytesInFlight: 1_000_000,
            decode: { maxRecordBytes: 1_000_000, maxObjectBytes: 1_000_000, maxExpansionRatio: 100 },
            encoder,
            acceptsKey: () => true,
            onMissingObject: "delete"
          },
          Deferred.await(drain)
        )
      )
      while ((yield* sqs.deleted).length === 0) yield* Effect.sleep("20 millis")
      yield* Deferred.succeed(drain, undefined)
      yield* Fiber.join(ingest)
    }).pipe(Effect.provide(services))

    assert.deepStrictEqual(
      lines.map((line) => JSON.parse(line).message),
      ["one", "two"]
    )
  }, Effect.scoped),
  20_000
)
