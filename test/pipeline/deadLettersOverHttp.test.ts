/**
 * Rejected messages and refused events over real HTTP: the pipeline with the adapters of AWS, against the embedded one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { gzipSync } from "node:zlib"
import * as S3ReaderAws from "../../src/aws/S3ReaderAws.ts"
import * as SqsSourceAws from "../../src/aws/SqsSourceAws.ts"
import * as DeadLetterQueue from "../../src/deadletter/DeadLetterQueue.ts"
import { EmbeddedAws, layer as embeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { type Account, queueArn } from "../../src/demo/World.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import { lettersOfQueue } from "../support/deadLetterWorld.ts"
import * as Identities from "../support/fixedIdentities.ts"
import * as Logged from "../support/Logged.ts"
import * as Pipeline from "../support/pipeline.ts"

const region = "us-east-1"
const dead = { name: "dead", region }
const own = { name: "events-dlq", region }

const notifies = { queueArn: "arn:aws:sqs:us-east-1:222222222222:events" }

const account: Account = {
  id: "222222222222",
  users: [
    {
      name: "beat",
      accessKeyId: "BASE-0",
      secretAccessKey: "secret",
      policy: [{ actions: ["s3:*", "sqs:*"], resources: ["*"] }]
    }
  ],
  roles: [],
  buckets: [{ name: "logs", region, notifies }],
  queues: [Pipeline.queue, dead, own]
}

const layer = Layer.unwrap(
  Effect.map(EmbeddedAws, ({ endpoint }) =>
    Layer.mergeAll(
      DeadLetterQueue.layer(dead),
      LeaseBatching.layer({ visibilityTimeout: Pipeline.visibilityTimeout }),
      S3ReaderAws.layer({ endpoint, forcePathStyle: true })
    ).pipe(Layer.provideMerge(SqsSourceAws.layer({ endpoint })))
  )
).pipe(
  Layer.provide(Identities.layer([Identities.identity("base identity", "BASE")])),
  Layer.provideMerge(
    PublisherCoalescing.layer({ maxEvents: 2048, maxBytes: 4 * 1024 * 1024, maxWait: Duration.millis(10) })
  ),
  Layer.provideMerge(OutputMemory.layer()),
  Layer.provideMerge(embeddedAws({ accounts: [account] })),
  Layer.provideMerge(Logged.layer)
)

const depthOf = (queue: typeof dead) => Effect.flatMap(EmbeddedAws, (aws) => aws.queueDepth(queueArn(account, queue)))

/** Until the queue is empty, and then what is in the dead-letter queue. */
const settled = Effect.gen(function* () {
  const pipeline = yield* Pipeline.start({ period: Duration.seconds(1) })
  yield* Effect.repeat(Effect.delay(depthOf(Pipeline.queue), "20 millis"), {
    until: ({ inFlight, ready }) => inFlight + ready === 0
  })
  yield* pipeline.drain
  return yield* lettersOfQueue(dead)
})

const put = (key: string, bytes: Uint8Array) =>
  Effect.flatMap(EmbeddedAws, ({ putObject }) => putObject("logs", key, bytes))

const law = <E>(name: string, body: Effect.Effect<void, E, Layer.Success<typeof layer>>) =>
  it.live(name, () => Effect.provide(body, layer), 30_000)

describe("dead letters over HTTP", () => {
  law(
    "what can never be shipped is in the dead-letter queue with its reason, and the queue is empty",
    Effect.gen(function* () {
      const { sendMessage } = yield* EmbeddedAws
      const elsewhere = { bucket: "none", key: "a", region }
      yield* sendMessage(notifies.queueArn, "hello")
      yield* sendMessage(notifies.queueArn, Pipeline.notificationOf(elsewhere))
      yield* put("cut.gz", gzipSync(Buffer.from("x".repeat(1000))).subarray(0, 20))
      yield* put("bomb.gz", gzipSync(Buffer.alloc(32 * 1024 * 1024)))
      const letters = yield* settled
      assert.deepStrictEqual(letters.map(({ object, reason }) => `${reason} ${object ?? "-"}`).toSorted(), [
        "BucketMissing s3://none/a",
        "NotificationUnreadable -",
        "ObjectCorrupt s3://logs/cut.gz",
        "ObjectTooLarge s3://logs/bomb.gz"
      ])
      const unreadable = letters.find(({ reason }) => reason === "NotificationUnreadable")
      assert.deepInclude(unreadable, { kind: "message", body: "hello", attempts: 1, queue: "events:us-east-1" })
    })
  )

  law(
    "refused events are in the dead-letter queue as they stood, and the others at the output",
    Effect.gen(function* () {
      const output = yield* OutputMemory.OutputMemory
      yield* output.reject((event) => event.includes("bad"))
      yield* put("mixed", Buffer.from("good\nbad\nfine\n"))
      const [letter, ...others] = yield* settled
      assert.deepStrictEqual(others, [])
      assert.deepInclude(letter, { kind: "event", reason: "EventsRejected", object: "s3://logs/mixed" })
      assert.strictEqual(letter?.kind === "event" && JSON.parse(letter.event).message, "bad")
      assert.strictEqual((yield* output.events).length, 2)
    })
  )

  law(
    "while the dead-letter queue may not be written to, the message stays in its own",
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.setIntercept(({ action }) =>
        Effect.succeed(
          action === "sqs:SendMessage"
            ? { _tag: "Refuse", status: 403, code: "AccessDenied", message: "the test says so" }
            : undefined
        )
      )
      yield* aws.sendMessage(notifies.queueArn, "hello")
      const pipeline = yield* Pipeline.start({ period: Duration.seconds(1) })
      const { lines } = yield* Logged.Logged
      yield* Effect.repeat(Effect.delay(lines, "20 millis"), {
        until: (all) => all.some(({ level, text }) => level === "Error" && text.includes("among the dead letters"))
      })
      yield* pipeline.drain
      assert.deepStrictEqual(yield* depthOf(dead), { ready: 0, inFlight: 0, delayed: 0 })
      assert.strictEqual((yield* depthOf(Pipeline.queue)).inFlight, 1, "it comes back with backoff")
    })
  )
})
