/**
 * What the running daemon shows of itself to the machine that it runs on.
 */
import { readdir, readFile, readlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as World from "../support/embeddedAws.ts"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import { runS3beat } from "../support/runS3beat.ts"
import { layer, writeConfig } from "../support/runWorld.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

/** The state of a socket that listens. **Source** include/net/tcp_states.h of Linux */
const LISTEN = "0A"

/** The state of a UDP socket that is bound and takes from anyone. */
const UNCONNECTED = "07"

/** The inodes of the sockets of this process. */
const socketsOf = async (pid: number): Promise<ReadonlySet<string>> => {
  const directory = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readdir(directory)).map((fd) => readlink(join(directory, fd)).catch(() => "closed meanwhile"))
  )
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/u.exec(link)?.[1] ?? []))
}

/** The addresses at which this process takes what comes over a network. */
const openTo = async (pid: number): Promise<ReadonlyArray<string>> => {
  const own = await socketsOf(pid)
  const tables = [
    ["tcp", LISTEN],
    ["tcp6", LISTEN],
    ["udp", UNCONNECTED],
    ["udp6", UNCONNECTED]
  ] as const
  const found = await Promise.all(
    tables.map(async ([table, wanted]) => {
      const rows = (await readFile(`/proc/${pid}/net/${table}`, "utf8")).trim().split("\n").slice(1)
      return rows.flatMap((row) => {
        const [, address, , state, , , , , , inode = ""] = row.trim().split(/\s+/u)
        return state === wanted && own.has(inode) ? [`${table} ${address}`] : []
      })
    })
  )
  return found.flat()
}

const childrenOf = async (pid: number): Promise<string> => {
  const tasks = await readdir(`/proc/${pid}/task`)
  const children = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8")))
  return children.join("").trim()
}

/** A daemon that has taken and deleted a message, with its keys from the environment. */
const working = Effect.gen(function* () {
  const aws = yield* EmbeddedAws
  const directory = yield* TemporaryDirectory
  const config = join(directory, "s3beat.yml")
  const { endpoint } = aws
  const text = [
    "s3beat:",
    "  beatIdentifier: test",
    "  sqsQueues: [s3beat-events:us-east-1]",
    `  accessKeyID: ${World.beat.accessKeyId}`,
    "  secretAccessKey: ${THE_SECRET}",
    "  period: 1s",
    `  endpoints: {s3: '${endpoint}', sqs: '${endpoint}', sts: '${endpoint}'}`,
    `  deadLetter.path: '${join(directory, "dead")}'`,
    `output.file: {path: '${directory}'}`,
    ""
  ].join("\n")
  yield* Effect.promise(() => writeFile(config, text, { mode: 0o600 }))
  yield* aws.putObject("own-logs", "a", Buffer.from("one\n"))
  yield* aws.sendMessage(World.arn.events, "hello")
  const daemon = yield* RunningS3beat.start(["run", "-c", config], { env: { THE_SECRET: World.beat.secretAccessKey } })
  yield* Effect.repeat(Effect.delay(aws.queueDepth(World.arn.events), "20 millis"), {
    until: ({ inFlight, ready }) => inFlight + ready === 0
  })
  return daemon
})

describe.skipIf(process.platform !== "linux")("the daemon as a process", () => {
  it.live(
    "opens no port, starts no process, and shows no secret on its command line or in its log",
    () =>
      Effect.gen(function* () {
        const daemon = yield* working
        const { pid } = daemon
        assert.deepStrictEqual(yield* Effect.promise(() => openTo(pid)), [])
        // The same look at this process finds the AWS that it embeds.
        assert.isAbove((yield* Effect.promise(() => openTo(process.pid))).length, 0)
        assert.strictEqual(yield* Effect.promise(() => childrenOf(pid)), "")
        assert.include(yield* Effect.promise(() => childrenOf(process.pid)), String(pid))
        const commandLine = yield* Effect.promise(() => readFile(`/proc/${pid}/cmdline`, "utf8"))
        assert.include(commandLine, "run")
        assert.notInclude(commandLine, World.beat.secretAccessKey)
        yield* daemon.signal("SIGTERM")
        const { exitCode, stderr, stdout } = yield* daemon.ended
        assert.strictEqual(exitCode, 0)
        assert.notInclude(stdout + stderr, World.beat.secretAccessKey)
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(World.layer, temporaryDirectory))),
    60_000
  )

  it.live(
    "whatever goes wrong, and at every level of the log, it shows no secret: not its own, and not a session's",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const config = yield* writeConfig({ keys: ["visibilityTimeout: 30s", "shutdownTimeout: 1s"] })
        const daemon = yield* RunningS3beat.start(["run", "-c", config, "--log-level", "all", "--log-format", "json"])
        yield* daemon.wrote("stderr", "Started s3beat")
        // A session that is called expired, a refusal that quotes what was signed, and a store that is down.
        for (const [key, code, status] of [
          ["expired", "ExpiredToken", 400],
          ["signature", "SignatureDoesNotMatch", 403],
          ["denied", "AccessDenied", 403]
        ] as const) {
          const { sessions } = aws
          const quoted = (yield* sessions).map(({ secretAccessKey, token }) => `${secretAccessKey} ${token}`).join(" ")
          yield* aws.setIntercept(({ resource }) =>
            Effect.succeed(
              resource.endsWith(`/${key}`)
                ? { _tag: "Refuse", status, code, message: key === "signature" ? quoted : "the test says so" }
                : undefined
            )
          )
          yield* aws.putObject("prod-logs", key, Buffer.from("one\n"))
          yield* daemon.wrote("stderr", `s3://prod-logs/${key}: `)
        }
        yield* aws.sendMessage(World.arn.events, "unreadable")
        yield* daemon.wrote("stderr", "NotificationUnreadable: ")
        yield* aws.revokeSessions(World.roleArns.reader)
        yield* daemon.signal("SIGTERM")
        const { stderr, stdout } = yield* daemon.ended
        const wrong = yield* runS3beat(["run", "-c", yield* writeConfig({ secretAccessKey: "wrong-secret-of-beat" })])
        assert.notStrictEqual(wrong.exitCode, 0)
        const sessions = yield* aws.sessions
        assert.isAbove(sessions.length, 1)
        const secrets = [
          World.beat.secretAccessKey,
          "wrong-secret-of-beat",
          ...sessions.flatMap(({ secretAccessKey, token }) => [secretAccessKey, token])
        ]
        for (const secret of secrets) {
          assert.notInclude(`${stdout}${stderr}${wrong.stdout}${wrong.stderr}`, secret)
        }
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )
})
