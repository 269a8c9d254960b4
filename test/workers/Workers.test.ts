import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Worker } from "node:worker_threads"
import * as NodeWorker from "@effect/platform-node/NodeWorker"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schedule } from "effect"
import * as BaseIdentityAws from "../../src/aws/BaseIdentityAws.ts"
import * as StsAws from "../../src/aws/StsAws.ts"
import { startThread } from "../../src/cli/startThread.ts"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import * as IdentitiesSts from "../../src/credentials/IdentitiesSts.ts"
import * as DeadLettersNone from "../../src/deadletter/DeadLettersNone.ts"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as FileTurnsShared from "../../src/output/FileTurnsShared.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as Progress from "../../src/telemetry/progress.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import * as Workers from "../../src/workers/Workers.ts"
import { arn, beat, events as queue, layer as aws, roleArns } from "../support/embeddedAws.ts"
import * as Logged from "../support/Logged.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const WORKERS = 2

const configText = (endpoint: string, path: string) => `
s3beat:
  beatIdentifier: test
  sqsQueues: ${queue.name}:${queue.region}
  accessKeyID: ${beat.accessKeyId}
  secretAccessKey: ${beat.secretAccessKey}
  assumeRoleFlag: true
  assumeRoleArn: ${roleArns.reader}
  visibilityTimeout: 30s
  period: 1s
  maxInFlightMessages: 20
  endpoints: { s3: "${endpoint}", sqs: "${endpoint}", sts: "${endpoint}" }
output.file.path: ${path}
`

/**
 * Workers as the daemon starts them, over an output in memory, or files where a `directory` is given; `threads` are all that were
 * started.
 */
const start = Effect.fnUntraced(function* (directory?: string) {
  const { endpoint } = yield* EmbeddedAws
  const { config, plain } = yield* Effect.fromResult(
    ConfigFile.parse(configText(endpoint, directory ?? "/never/written"), { path: "s3beat.yml", env: {} })
  )
  const files = FileTurnsShared.make(WORKERS)
  const threads: Array<Worker> = []
  const spawner = NodeWorker.layer((place) => {
    const thread = startThread({
      plain,
      queues: [{ queue: { name: queue.name, region: queue.region }, hasRedrivePolicy: false }],
      deadLetters: "nowhere",
      isOutputGiven: directory === undefined,
      files,
      place,
      count: WORKERS,
      logging: { format: "json", level: "None", colors: false }
    })
    threads.push(thread)
    return thread
  })
  const { accessKeyID: accessKeyId, secretAccessKey } = config
  assert.isDefined(accessKeyId)
  assert.isDefined(secretAccessKey)
  const identities = IdentitiesSts.layer({
    roles: config.assumeRoleArn,
    sessionName: "s3beat-test",
    duration: config.stsCredsExpirationTime
  }).pipe(
    Layer.provide(StsAws.layer({ region: config.stsRegion, endpoint })),
    Layer.provide(BaseIdentityAws.layerKeys({ accessKeyId, secretAccessKey }))
  )
  const drain = yield* Deferred.make<void>()
  const running = yield* Workers.run(WORKERS, Deferred.await(drain), (place) =>
    FileTurnsShared.ended(files, place)
  ).pipe(
    Effect.provide(Layer.mergeAll(spawner, identities, PublisherCoalescing.layer(config.batch), DeadLettersNone.layer)),
    Effect.forkScoped
  )
  const beginDrain = Deferred.succeed(drain, undefined)
  return { threads, beginDrain, drained: Effect.andThen(beginDrain, Fiber.join(running)) }
})

const upload = Effect.fnUntraced(function* (from: number, to: number) {
  const aws = yield* EmbeddedAws
  for (let i = from; i < to; i++)
    yield* aws.putObject("prod-logs", `log-${i}`, Buffer.from(`line ${i} a\nline ${i} b\n`))
})

/** Until the condition holds; the test's own time bounds it. */
const until = <R>(condition: Effect.Effect<boolean, never, R>) =>
  Effect.repeat(condition, { until: (holds) => holds, schedule: Schedule.spaced("20 millis") })

const delivered = Effect.map(
  Effect.flatMap(OutputMemory.OutputMemory, ({ events }) => events),
  (events) => new Set(events.map((event) => String(JSON.parse(event).message)))
)

const deliveredLines = (count: number) => until(Effect.map(delivered, ({ size }) => size === count))

const emptied = until(
  Effect.gen(function* () {
    const { delayed, inFlight, ready } = yield* (yield* EmbeddedAws).queueDepth(arn.events)
    return delayed + inFlight + ready === 0
  })
)

const world = Layer.mergeAll(aws, OutputMemory.layer(), Logged.layer)

describe("Workers", () => {
  it.live(
    "share a queue, ship over the main thread's sessions and output, count in its metrics, and drain",
    () =>
      Effect.gen(function* () {
        const before = yield* Progress.totals
        const { drained, threads } = yield* start()
        yield* upload(0, 40)
        yield* deliveredLines(80)
        yield* emptied
        yield* drained
        assert.strictEqual(threads.length, WORKERS)
        assert.isTrue(threads.every(({ threadId }) => threadId === -1))
        const totals = yield* Progress.totals
        assert.strictEqual(totals.objects - before.objects, 40)
        assert.strictEqual(totals.events - before.events, 80)
        assert.strictEqual(totals.messagesInFlight, before.messagesInFlight)
        assert.strictEqual((yield* (yield* EmbeddedAws).sessions).length, 1)
      }).pipe(Effect.scoped, Effect.provide(world), Effect.timeout("20 seconds")),
    25_000
  )

  it.live(
    "one that dies is started again, what it had in flight comes back, and nothing is lost",
    () =>
      Effect.gen(function* () {
        const output = yield* OutputMemory.OutputMemory
        const { drained, threads } = yield* start()
        yield* output.pause
        yield* upload(0, 20)
        yield* until(Effect.map(output.publishing, (publishing) => publishing > 0))
        const [first] = threads
        yield* Effect.promise(() => first?.terminate() ?? Promise.resolve(0))
        yield* output.resume
        yield* until(Effect.sync(() => threads.length === WORKERS + 1))
        yield* deliveredLines(40)
        yield* emptied
        yield* drained
        assert.deepStrictEqual(
          (yield* (yield* Logged.Logged).lines).filter(({ level }) => level === "Error").map(({ text }) => text),
          ["Worker 1 died and is started again; its messages come back. The worker has exited with code: 1."]
        )
      }).pipe(Effect.scoped, Effect.provide(world), Effect.timeout("50 seconds")),
    60_000
  )

  it.live(
    "write to the files of the output themselves, and one that dies while it writes leaves nothing half written",
    () =>
      Effect.gen(function* () {
        const directory = yield* TemporaryDirectory
        const { drained, threads } = yield* start(directory)
        const lines = Effect.promise(async () =>
          (await readFile(join(directory, "s3beat.ndjson"), "utf8").catch(() => "")).split("\n").slice(0, -1)
        )
        const objects = 60
        for (let deaths = 1; deaths <= 3; deaths++) {
          const before = (yield* lines).length
          yield* upload((deaths - 1) * (objects / 3), deaths * (objects / 3))
          yield* until(Effect.map(lines, ({ length }) => length > before))
          yield* Effect.promise(() => threads.at(-1)?.terminate() ?? Promise.resolve(0))
          yield* until(Effect.sync(() => threads.length === WORKERS + deaths))
        }
        yield* emptied
        yield* drained
        const messages = (yield* lines).map((line): unknown => JSON.parse(line).message)
        assert.strictEqual(new Set(messages).size, 2 * objects)
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(world, temporaryDirectory)), Effect.timeout("80 seconds")),
    90_000
  )

  it.live(
    "interruption while they drain has every worker give its messages back",
    () =>
      Effect.gen(function* () {
        const output = yield* OutputMemory.OutputMemory
        const { queueDepth } = yield* EmbeddedAws
        yield* output.pause
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* start()
            yield* upload(0, 20)
            // As many as both have places for: else one might receive, as it ends, what the other has just given back.
            yield* until(Effect.map(Progress.totals, ({ messagesInFlight }) => messagesInFlight === 20))
          })
        )
        assert.strictEqual((yield* queueDepth(arn.events)).ready, 20)
      }).pipe(Effect.provide(world), Effect.timeout("20 seconds")),
    25_000
  )
})
