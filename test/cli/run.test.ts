/**
 * The daemon as a process, against the embedded AWS: how it ends, and what it says where.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import { runS3beat } from "../support/runS3beat.ts"
import * as World from "../support/embeddedAws.ts"
import { layer, writeConfig, writeFileIn } from "../support/runWorld.ts"

const LIMIT = 60_000

const jsonLines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

const messagesOf = (stderr: string) => jsonLines(stderr).map(({ message }) => message)

/** The daemon with this config, once it has begun. */
const startRun = Effect.fnUntraced(function* (
  config: string,
  args: ReadonlyArray<string> = [],
  options?: RunningS3beat.PipeOptions
) {
  const process = yield* RunningS3beat.start(["run", "-c", config, "--log-format", "json", ...args], options)
  yield* process.wrote("stderr", "Started s3beat")
  return process
})

const upload = (...lines: ReadonlyArray<string>) =>
  Effect.flatMap(EmbeddedAws, ({ putObject }) => putObject("prod-logs", "app.log", Buffer.from(lines.join("\n"))))

describe("s3beat run", () => {
  it.live(
    "ships what is announced, drains on SIGTERM and exits 0; stdout has events alone, stderr JSON lines alone",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const process = yield* startRun(yield* writeConfig())
        yield* upload("one", "two")
        yield* process.wrote("stdout", '"message":"two"')
        yield* process.signal("SIGTERM")
        const { exitCode, stderr, stdout } = yield* process.ended
        assert.strictEqual(exitCode, 0, stderr)
        const events = jsonLines(stdout)
        assert.deepStrictEqual(
          events.flatMap(({ message }) => message ?? []),
          ["one", "two"]
        )
        for (const event of events) assert.strictEqual(event["fullyqualifiedbeatname"], "s3beat_test")
        assert.include(messagesOf(stderr), "Drained. In all: 1 messages, 1 objects, 2 events.")
        assert.deepStrictEqual(yield* aws.queueDepth(World.arn.events), { ready: 0, inFlight: 0, delayed: 0 })
      }).pipe(Effect.scoped, Effect.provide(layer)),
    LIMIT
  )

  it.live(
    "a heartbeat is the first event, and the last, after all that was drained",
    () =>
      Effect.gen(function* () {
        const process = yield* startRun(yield* writeConfig({ keys: ["heartbeatinterval: 1h"] }))
        yield* process.wrote("stdout", "Service started")
        yield* upload("one")
        yield* process.wrote("stdout", '"message":"one"')
        yield* process.signal("SIGTERM")
        const { stdout } = yield* process.ended
        assert.deepStrictEqual(
          jsonLines(stdout).map(
            ({ heartbeat, message }) => message ?? JSON.parse(String(heartbeat)).status.description
          ),
          ["Service started", "one", "Service is Stopped"]
        )
      }).pipe(Effect.scoped, Effect.provide(layer)),
    LIMIT
  )

  it.live(
    "with heartbeatdisabled there is none",
    () =>
      Effect.gen(function* () {
        const process = yield* startRun(
          yield* writeConfig({ keys: ["heartbeatdisabled: true", "heartbeatinterval: 1s"] })
        )
        yield* upload("one")
        yield* process.wrote("stdout", '"message":"one"')
        yield* process.signal("SIGINT")
        const { exitCode, stdout } = yield* process.ended
        assert.strictEqual(exitCode, 0)
        assert.lengthOf(jsonLines(stdout), 1)
      }).pipe(Effect.scoped, Effect.provide(layer)),
    LIMIT
  )

  it.live(
    "a second signal ends it at once, whatever is still in flight",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const isReading = yield* Deferred.make<void>()
        yield* aws.setIntercept(({ action }) =>
          action === "s3:GetObject"
            ? Effect.andThen(Deferred.succeed(isReading, undefined), Effect.never)
            : Effect.undefined
        )
        const process = yield* startRun(yield* writeConfig())
        yield* upload("one")
        yield* Deferred.await(isReading)
        yield* process.signal("SIGTERM")
        yield* process.wrote("stderr", "Stopping: no more messages are taken")
        const { exitCode, stderr } = yield* process.signalUntilEnded("SIGTERM")
        assert.strictEqual(exitCode, 130)
        assert.notInclude(stderr, "Drained.")
      }).pipe(Effect.scoped, Effect.provide(layer)),
    LIMIT
  )

  it.live(
    "keys that AWS does not take exit 1, in one line with the cause",
    () =>
      Effect.gen(function* () {
        const config = yield* writeConfig({ secretAccessKey: "not-the-secret-of-beat" })
        const { exitCode, stderr, stdout } = yield* runS3beat(["run", "-c", config, "--log-level", "none"])
        assert.deepStrictEqual([exitCode, stdout], [1, ""])
        assert.match(stderr, /^s3beat cannot start: [^\n]*SignatureDoesNotMatch[^\n]*\n$/u)
        assert.notInclude(stderr, "not-the-secret-of-beat")
      }).pipe(Effect.provide(layer)),
    LIMIT
  )

  it.live(
    "an AWS that is not there exits 1, in one line with the cause",
    () =>
      Effect.gen(function* () {
        const url = `http://127.0.0.1:${yield* freePort}`
        const config = yield* writeFileIn(
          "s3beat.yml",
          `s3beat:
  beatIdentifier: test
  sqsQueues: [events:us-east-1]
  accessKeyID: AKIANOBODY
  secretAccessKey: secret
  endpoints.sqs: ${url}
output.console.enabled: true
`
        )
        const { exitCode, stderr, stdout } = yield* runS3beat(["run", "-c", config])
        assert.deepStrictEqual([exitCode, stdout], [1, ""])
        assert.match(stderr, /^s3beat cannot start: [^\n]*ECONNREFUSED[^\n]*\n$/u)
      }).pipe(Effect.provide(layer)),
    LIMIT
  )
})

describe("secrets", () => {
  it.live(
    "no secret and no token is written anywhere at any level, while sessions come and are refused",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const process = yield* startRun(yield* writeConfig(), ["--log-level", "trace"])
        yield* upload("one")
        yield* process.wrote("stdout", '"message":"one"')
        // The session in use is over: what is said of that, and of the next one, is looked at as well.
        yield* aws.revokeSessions(World.roleArns.reader)
        yield* upload("two")
        yield* process.wrote("stdout", '"message":"two"')
        yield* aws.setIntercept(({ service }) =>
          Effect.succeed(
            service === "s3" ? { _tag: "Refuse", status: 403, code: "AccessDenied", message: "no" } : undefined
          )
        )
        yield* upload("three")
        yield* process.wrote("stderr", "AccessDenied")
        yield* process.signal("SIGTERM")
        const { stderr, stdout } = yield* process.ended
        assert.include(stderr, `Session for ${World.roleArns.reader} is good until`)
        const sessions = yield* aws.sessions
        assert.isAtLeast(sessions.length, 2)
        const secrets = sessions.flatMap(({ secretAccessKey, token }) => [secretAccessKey, token])
        for (const secret of [World.beat.secretAccessKey, ...secrets]) {
          assert.isAbove(secret.length, 10)
          assert.notInclude(stderr, secret)
          assert.notInclude(stdout, secret)
        }
      }).pipe(Effect.scoped, Effect.provide(layer)),
    LIMIT
  )
})

/** A port on which nobody listens any more. */
const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo // A TCP server that listens has one.
    server.close(() => resume(Effect.succeed(port)))
  })
})
