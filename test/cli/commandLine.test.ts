/**
 * What the program exits with, and what it says where, before it does any work.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../../src/version.ts"
import { runS3beat } from "../support/runS3beat.ts"
import { writeFileIn } from "../support/runWorld.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

const LIMIT = 30_000

describe("the command line", () => {
  it.live.each([
    [["nope"], 'Unknown subcommand "nope"'],
    [["run", "--bogus"], "Unrecognized flag: --bogus"],
    [["run", "--log-format", "loud"], 'Invalid value for flag --log-format: "loud"'],
    [["check", "one-too-many"], "Unexpected positional argument"]
  ] as const)(
    "a wrong one exits 2 and says why on stderr, with the help: %s",
    ([args, why]) =>
      Effect.gen(function* () {
        const { exitCode, stderr, stdout } = yield* runS3beat(args)
        assert.strictEqual(exitCode, 2)
        assert.include(stderr, why)
        assert.include(stderr, "USAGE")
        assert.notMatch(stderr, /^\s+at /mu)
        assert.strictEqual(stdout, "", "whoever reads stdout expects events")
      }),
    LIMIT
  )

  it.live.each([
    [["--help"], "SUBCOMMANDS"],
    [["run", "--help"], "--config"],
    [["--version"], version]
  ] as const)(
    "what was asked for is told on stdout, and exits 0: %s",
    ([args, told]) =>
      Effect.gen(function* () {
        const { exitCode, stderr, stdout } = yield* runS3beat(args)
        assert.deepStrictEqual([exitCode, stderr], [0, ""])
        assert.include(stdout, told)
      }),
    LIMIT
  )
})

describe("the config", () => {
  it.live(
    "one that is wrong exits 2, with a line for each place, and nothing else",
    () =>
      Effect.gen(function* () {
        const path = yield* writeFileIn(
          "s3beat.yml",
          [
            "s3beat:",
            "  beatIdentifier: prod",
            "  sqsQueues: [events:us-east-1]",
            "  stsCredsExpirationTime: 14m",
            "  heartbeatintervall: 60",
            "output.console.enabled: true",
            ""
          ].join("\n")
        )
        for (const command of ["run", "check"]) {
          const { exitCode, stderr, stdout } = yield* runS3beat([command, "-c", path])
          assert.deepStrictEqual([exitCode, stdout], [2, ""], command)
          const lines = stderr.trimEnd().split("\n")
          assert.lengthOf(lines, 2, stderr)
          assert.include(lines[0], `${path}:4:27 stsCredsExpirationTime: 14m is below the minimum of 15m`)
          assert.include(lines[1], `${path}:5:3 heartbeatintervall`)
          assert.include(lines[1], "heartbeatinterval")
        }
      }).pipe(Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )

  it.live(
    "one that is not there exits 2, in one line that says what to do",
    () =>
      Effect.gen(function* () {
        const { exitCode, stderr } = yield* runS3beat(["run", "-c", "/nowhere/s3beat.yml"])
        assert.strictEqual(exitCode, 2)
        assert.match(stderr, /^\/nowhere\/s3beat\.yml: there is no such file; .*\n$/u)
      }),
    LIMIT
  )

  it.live(
    "one that is right exits 0",
    () =>
      Effect.gen(function* () {
        const text = `s3beat:\n  beatIdentifier: prod\n  sqsQueues: [a:us-east-1]\noutput.console.enabled: true\n`
        const path = yield* writeFileIn("s3beat.yml", text)
        const { exitCode, stderr, stdout } = yield* runS3beat(["check", "--config-only", "-c", path])
        assert.deepStrictEqual([exitCode, stderr], [0, ""])
        assert.include(stdout, `${path} is valid`)
      }).pipe(Effect.provide(TemporaryDirectory.layer)),
    LIMIT
  )
})
