import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import { runS3beat } from "../support/runS3beat.ts"
import { writeFileIn } from "../support/runWorld.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

const LIMIT = 30_000

const eventsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

describe("s3beat decode", () => {
  it.live(
    "decodes stdin to stdout, whatever it is compressed with, and exits 0",
    () =>
      Effect.gen(function* () {
        for (const stdin of ["one\ntwo\r\nthree", gzipSync("one\ntwo\r\nthree")]) {
          const { exitCode, stderr, stdout } = yield* runS3beat(["decode"], { stdin })
          assert.deepStrictEqual([exitCode, stderr], [0, ""])
          assert.deepStrictEqual(
            eventsOf(stdout).map(({ message }) => message),
            ["one", "two", "three"]
          )
        }
      }),
    LIMIT
  )

  it.live(
    "decodes by the config that it is given: the record is where its eventProfile has it",
    () =>
      Effect.gen(function* () {
        const config = yield* writeFileIn(
          "s3beat.yml",
          `s3beat:
  beatIdentifier: sample
  sqsQueues: [a:us-east-1]
  eventProfile: logrhythm
  multiline: { pattern: '^\\s' }
fields: { message: forged, log: { level: forged }, env: test }
fields_under_root: true
output.console.enabled: true
`
        )
        const { exitCode, stdout } = yield* runS3beat(["decode", "-c", config], { stdin: "one\n more\ntwo\n" })
        assert.strictEqual(exitCode, 0)
        assert.deepStrictEqual(
          eventsOf(stdout).map(({ env, log, message, record }) => [log, record.offset, message, env]),
          [
            ["one\n more", 0, undefined, "test"],
            ["two", 10, undefined, "test"]
          ]
        )
      }).pipe(Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )

  it.live(
    "a reader who has seen enough is no error",
    () =>
      Effect.gen(function* () {
        const path = yield* writeFileIn(
          "long.log",
          `${"a line that is long enough to fill a pipe soon\n".repeat(200_000)}`
        )
        const process = yield* RunningS3beat.start(["decode", path])
        yield* process.wrote("stdout", "\n")
        yield* process.closeStdout
        const { exitCode, stderr } = yield* process.ended
        assert.deepStrictEqual([exitCode, stderr], [0, ""])
      }).pipe(Effect.scoped, Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )

  it.live(
    "a file that is not there, and one that is corrupt, exit 1 in one line that names it",
    () =>
      Effect.gen(function* () {
        const cut = yield* writeFileIn("cut.gz", gzipSync("some text, and more of it").subarray(0, 30))
        for (const path of ["/nowhere/app.log", cut]) {
          const { exitCode, stderr } = yield* runS3beat(["decode", path])
          assert.strictEqual(exitCode, 1)
          assert.isTrue(stderr.startsWith(`${path}: `), stderr)
          assert.lengthOf(stderr.trimEnd().split("\n"), 1, stderr)
        }
      }).pipe(Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )
})
