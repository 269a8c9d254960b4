/**
 * Dead letters from end to end: the real program, over HTTP, against an AWS that allows it what the README says and no more.
 */
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { toLine } from "../../src/deadletter/DeadLetter.ts"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import { type Account, queueArn } from "../../src/demo/World.ts"
import { eventLetter } from "../support/deadLetter.ts"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import { runS3beat } from "../support/runS3beat.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const region = "us-east-1"

const events = { name: "events", region }
const redriven = {
  name: "redriven",
  region,
  visibilityTimeout: Duration.seconds(1),
  redrive: { deadLetterQueue: "redriven-dlq", maxReceiveCount: 1 }
}
const own = { name: "redriven-dlq", region }
const dead = { name: "dead", region }

const receives = [
  "sqs:GetQueueUrl",
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage"
]
const arnOf = (name: string) => `arn:aws:sqs:us-east-1:222222222222:${name}`

/** May do what the daemon needs. */
const beat = {
  name: "beat",
  accessKeyId: "AKIABEAT",
  secretAccessKey: "secret-of-beat",
  policy: [
    { actions: receives, resources: [arnOf("events"), arnOf("redriven")] },
    { actions: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"], resources: [arnOf("dead")] }
  ]
}

/** May do what a redrive needs. */
const operator = {
  name: "operator",
  accessKeyId: "AKIAOPERATOR",
  secretAccessKey: "secret-of-operator",
  policy: [
    { actions: receives, resources: [arnOf("dead"), arnOf("redriven-dlq")] },
    {
      actions: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"],
      resources: [arnOf("events"), arnOf("redriven")]
    }
  ]
}

const account: Account = {
  id: "222222222222",
  users: [beat, operator],
  roles: [],
  buckets: [],
  queues: [events, redriven, own, dead]
}

const depthOf = (queue: typeof events) =>
  Effect.flatMap(EmbeddedAws.EmbeddedAws, (aws) => aws.queueDepth(queueArn(account, queue)))

const send = (queue: typeof events, body: string) =>
  Effect.flatMap(EmbeddedAws.EmbeddedAws, (aws) => aws.sendMessage(queueArn(account, queue), body))

/** Writes a config for whoever it is, and answers its path. */
const configFor = Effect.fnUntraced(function* (who: typeof beat, deadLetter: ReadonlyArray<string>) {
  const { endpoint } = yield* EmbeddedAws.EmbeddedAws
  const directory = yield* TemporaryDirectory
  const path = join(directory, `${who.name}.yml`)
  const text = [
    "s3beat:",
    "  beatIdentifier: test",
    "  heartbeatdisabled: true",
    "  sqsQueues: [events:us-east-1, redriven:us-east-1]",
    `  accessKeyID: ${who.accessKeyId}`,
    `  secretAccessKey: ${who.secretAccessKey}`,
    "  period: 1s",
    `  endpoints: {s3: '${endpoint}', sqs: '${endpoint}', sts: '${endpoint}'}`,
    ...deadLetter.map((line) => `  deadLetter.${line}`),
    `output.file: {path: '${directory}', filename: events}`,
    ""
  ].join("\n")
  yield* Effect.promise(() => writeFile(path, text, { mode: 0o600 }))
  return path
})

const until = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(Effect.delay(isSo, "20 millis"), { until: (so) => so })

/** The daemon, until it is so. */
const runUntil = Effect.fnUntraced(function* <R>(config: string, isSo: Effect.Effect<boolean, never, R>) {
  const daemon = yield* RunningS3beat.start(["run", "-c", config])
  yield* until(isSo)
  yield* daemon.signal("SIGTERM")
  const { exitCode, stderr } = yield* daemon.ended
  assert.strictEqual(exitCode, 0, stderr)
  return stderr
}, Effect.scoped)

const law = <E>(name: string, body: Effect.Effect<void, E, EmbeddedAws.EmbeddedAws | TemporaryDirectory>) =>
  it.live(
    name,
    () => Effect.provide(body, Layer.merge(EmbeddedAws.layer({ accounts: [account] }), temporaryDirectory)),
    60_000
  )

describe("s3beat redrive", () => {
  law(
    "a rejected message goes to the dead-letter queue with its reason, and comes back by it",
    Effect.gen(function* () {
      yield* send(events, "hello")
      const log = yield* runUntil(
        yield* configFor(beat, ["queue: dead:us-east-1"]),
        Effect.map(
          Effect.all([depthOf(dead), depthOf(events)]),
          ([{ ready }, { inFlight, ready: left }]) => ready === 1 && inFlight + left === 0
        )
      )
      assert.include(log, "NotificationUnreadable")
      const config = yield* configFor(operator, ["queue: dead:us-east-1"])
      const others = yield* runS3beat(["redrive", "-c", config, "--reason", "ObjectCorrupt"])
      assert.deepStrictEqual([others.exitCode, others.stdout], [0, "NotificationUnreadable: 0 sent back, 1 left\n"])
      const dry = yield* runS3beat(["redrive", "-c", config, "--dry-run", "--queue", arnOf("events")])
      assert.deepStrictEqual([dry.exitCode, dry.stdout], [0, "NotificationUnreadable: 1 would go back\n"])
      const real = yield* runS3beat(["redrive", "-c", config, "--reason", "NotificationUnreadable"])
      assert.deepStrictEqual([real.exitCode, real.stdout], [0, "NotificationUnreadable: 1 sent back\n"], real.stderr)
      assert.deepStrictEqual((yield* depthOf(dead)).ready, 0)
      assert.deepStrictEqual((yield* depthOf(events)).ready, 1)
    })
  )

  law(
    "what the redrive policy put aside goes back to its queue",
    Effect.gen(function* () {
      yield* send(own, "hello")
      const config = yield* configFor(operator, [])
      const { exitCode, stderr, stdout } = yield* runS3beat([
        "redrive",
        "-c",
        config,
        "--from",
        "redriven-dlq:us-east-1"
      ])
      assert.deepStrictEqual([exitCode, stdout], [0, "Unknown: 1 sent back\n"], stderr)
      assert.strictEqual((yield* depthOf(own)).ready, 0)
      assert.strictEqual((yield* depthOf(redriven)).ready, 1)
    })
  )

  law(
    "from the directory, while the daemon runs: messages go to their queue, and refused events to the output",
    Effect.gen(function* () {
      const directory = yield* TemporaryDirectory
      const path = join(directory, "dead")
      const kept = join(path, "dead-letters.ndjson")
      const config = yield* configFor(beat, [`path: '${path}'`])
      yield* send(events, "hello")
      const daemon = yield* RunningS3beat.start(["run", "-c", config])
      yield* until(
        Effect.promise(() =>
          readFile(kept, "utf8").then(
            (text) => text.endsWith("\n"),
            () => false
          )
        )
      )
      const theirs = yield* configFor(operator, [`path: '${path}'`])
      const refused = yield* runS3beat(["redrive", "-c", config])
      assert.strictEqual(refused.exitCode, 1)
      assert.include(refused.stderr, "sqs:SendMessage")
      const before = yield* depthOf(dead)
      assert.strictEqual(before.ready, 0)
      const back = yield* runS3beat(["redrive", "-c", theirs])
      assert.deepStrictEqual([back.exitCode, back.stdout], [0, "NotificationUnreadable: 1 sent back\n"], back.stderr)
      // It is rejected again, and kept again.
      yield* until(
        Effect.promise(() =>
          readFile(kept, "utf8").then(
            (text) => text.endsWith("\n"),
            () => false
          )
        )
      )
      yield* daemon.signal("SIGTERM")
      assert.strictEqual((yield* daemon.ended).exitCode, 0)

      yield* Effect.promise(() => appendFile(kept, `${toLine(eventLetter("b", { event: '{"message":"late"}' }))}\n`))
      const published = yield* runS3beat(["redrive", "-c", theirs, "--reason", "EventsRejected"])
      assert.deepStrictEqual(
        [published.exitCode, published.stdout],
        [0, "EventsRejected: 1 sent back\nNotificationUnreadable: 0 sent back, 1 left\n"],
        published.stderr
      )
      assert.strictEqual(
        yield* Effect.promise(() => readFile(join(directory, "events.ndjson"), "utf8")),
        '{"message":"late"}\n'
      )
    }).pipe(Effect.scoped)
  )

  law(
    "it says in one line what is wrong with the command line, the config or the directory",
    Effect.gen(function* () {
      const none = yield* configFor(operator, [])
      const nothing = yield* runS3beat(["redrive", "-c", none])
      assert.strictEqual(nothing.exitCode, 2)
      assert.include(nothing.stderr, "sets neither deadLetter.queue nor deadLetter.path")
      const wrong = yield* runS3beat(["redrive", "-c", none, "--from", "dead"])
      assert.deepStrictEqual(
        [wrong.exitCode, wrong.stderr],
        [2, "--from: dead names no region; write it as in dead:us-east-1\n"]
      )
      const path = join(yield* TemporaryDirectory, "empty")
      yield* Effect.promise(() => mkdir(path))
      const empty = yield* runS3beat(["redrive", "-c", yield* configFor(operator, [`path: '${path}'`])])
      assert.deepStrictEqual([empty.exitCode, empty.stdout], [0, "There are no dead letters.\n"], empty.stderr)
    })
  )
})
