/**
 * The demo as a process, shipping to its collector.
 */
import { readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import { runS3beat } from "../support/runS3beat.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

const LIMIT = 60_000

const shipping = ["demo", "--output", "logstash"]

/** What the introduction names. */
const sceneOf = (shown: string) => ({
  eventsFile: `${/run -c (\S+)\/s3beat\.yml/u.exec(shown)?.[1]}/events.ndjson`,
  collector: Number(/Collector: process (\d+)/u.exec(shown)?.[1])
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe("s3beat demo --output logstash", () => {
  it.live(
    "every record comes to the collector as it was uploaded, and with --json stdout has the summary alone",
    () =>
      Effect.gen(function* () {
        const env = { TMPDIR: yield* TemporaryDirectory.TemporaryDirectory }
        const { exitCode, stderr, stdout } = yield* runS3beat([...shipping, "--json"], {
          env,
          limit: Duration.minutes(1)
        })
        assert.strictEqual(exitCode, 0, stderr)
        const summary = JSON.parse(stdout)
        assert.deepInclude(summary, { output: "logstash", objectsUploaded: 135, messagesDeleted: 135, messagesLeft: 0 })
        assert.isAbove(summary.recordsUploaded, 30_000)
        assert.strictEqual(summary.eventsDelivered, summary.recordsUploaded)
        assert.strictEqual(summary.distinctEvents, summary.recordsUploaded)
        assert.isFalse(isRunning(sceneOf(stderr).collector))
      }).pipe(Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )

  it.live(
    "Ctrl-C drains into the collector, up to the last heartbeat, before the collector ends",
    () =>
      Effect.gen(function* () {
        const cwd = yield* TemporaryDirectory.TemporaryDirectory
        const { exitCode, screen, see, type } = yield* RunningS3beat.startAtTerminal(shipping, {
          cwd,
          env: { TMPDIR: cwd }
        })
        yield* see("objects uploaded")
        const { collector, eventsFile } = sceneOf(yield* screen)
        assert.isTrue(isRunning(collector))
        yield* type(RunningS3beat.key.ctrlC)
        assert.strictEqual(yield* exitCode, 130)
        assert.include(yield* screen, "Drained.")
        assert.isFalse(isRunning(collector))
        const lines = (yield* Effect.promise(() => readFile(eventsFile, "utf8"))).trimEnd().split("\n")
        assert.include(lines.at(-1), "Service is Stopped")
      }).pipe(Effect.scoped, Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )

  it.live(
    "the collector does not outlive a demo that is killed",
    () =>
      Effect.gen(function* () {
        const env = { TMPDIR: yield* TemporaryDirectory.TemporaryDirectory }
        const demo = yield* RunningS3beat.start(shipping, { env })
        yield* demo.wrote("stdout", "Collector: process")
        const { collector } = sceneOf(yield* demo.stdout)
        yield* demo.signal("SIGKILL")
        yield* demo.ended
        yield* Effect.repeat(
          Effect.delay(
            Effect.sync(() => isRunning(collector)),
            "20 millis"
          ),
          { while: (runs) => runs }
        )
      }).pipe(Effect.scoped, Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )
})
