import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Redacted } from "effect"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import * as KeystoreFile from "../../src/keystore/KeystoreFile.ts"
import type { Policies } from "../../src/policy/Policies.ts"
import { cheap, entriesOf } from "../support/keystores.ts"
import { key, startAtTerminal } from "../support/RunningS3beat.ts"
import { runS3beat } from "../support/runS3beat.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

const role = "arn:aws:iam::111111111111:role/s3beat-reader"

const lines = (...answers: ReadonlyArray<string>): string => answers.map((answer) => `${answer}\n`).join("")

/** Answers to every question that there can be, but for the last one: where events go. */
const everything = lines(
  "prod",
  "cloudtrail-events:us-east-1",
  "arn:aws:sqs:eu-west-1:222222222222:flow-logs",
  "",
  "n",
  "AKIAIOSFODNN7EXAMPLE",
  "wJalrXUtnFEMI/K7MDENG",
  "y",
  role,
  "",
  "2h"
)

/** Runs what is to be tried in a directory of its own. */
const inDirectory = <A, E>(
  use: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem>
) =>
  Effect.gen(function* () {
    return yield* use(yield* TemporaryDirectory.TemporaryDirectory, yield* FileSystem.FileSystem)
  }).pipe(Effect.provide(TemporaryDirectory.layer), Effect.provide(NodeServices.layer))

const load = (directory: string) => ConfigFile.load(`${directory}/s3beat.yml`, {})

/** A process starts in a second, and in several where others work too. */
const TIMEOUT_MILLIS = 60_000

describe("init in a pipe", () => {
  it.live(
    "a line for each question gives a file that loads without a warning and is its owner's alone",
    () =>
      inDirectory((cwd, fs) =>
        Effect.gen(function* () {
          const { exitCode, stderr, stdout } = yield* runS3beat(["init"], {
            cwd,
            stdin: everything + lines("file", "")
          })
          assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
          const { config, warnings } = yield* load(cwd)
          assert.deepStrictEqual(warnings, [])
          assert.strictEqual(config.beatIdentifier, "prod")
          assert.deepStrictEqual(config.sqsQueues, [
            { name: "cloudtrail-events", region: "us-east-1" },
            { name: "flow-logs", region: "eu-west-1", accountId: "222222222222" }
          ])
          assert.strictEqual(config.secretAccessKey && Redacted.value(config.secretAccessKey), "wJalrXUtnFEMI/K7MDENG")
          assert.deepStrictEqual(config.assumeRoleArn, [{ arn: role, buckets: [], queues: [] }])
          assert.isTrue(config.output._tag === "File" && config.output.path === "/var/lib/s3beat/events")
          assert.strictEqual((yield* fs.stat(`${cwd}/s3beat.yml`)).mode & 0o777, 0o600)
          assert.deepStrictEqual(yield* fs.readDirectory(cwd), ["s3beat.yml"])

          assert.notInclude(stdout, "\u001b")
          assert.notInclude(stdout, "wJalrXUtnFEMI")
          for (const command of ["policy", "check", "run"]) assert.include(stdout, `s3beat ${command} -c s3beat.yml`)
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "the defaults are LogRhythm's, and neither keys nor roles are asked for where they are not needed",
    () =>
      inDirectory((cwd) =>
        Effect.gen(function* () {
          const { stdout } = yield* runS3beat(["init"], {
            cwd,
            stdin: lines("b", "q:us-east-1", "", "y", "", "console")
          })
          assert.notMatch(stdout, /key|ARN\n/u)
          const { config, warnings } = yield* load(cwd)
          assert.deepStrictEqual(warnings, [])
          assert.isTrue(config.awsFlag)
          assert.isFalse(config.assumeRoleFlag)
          assert.deepStrictEqual(config.assumeRoleArn, [])
          assert.strictEqual(config.output._tag, "Console")
          // The three keys are there, for whoever turns the feature on later.
          const written = yield* (yield* FileSystem.FileSystem).readFileString(`${cwd}/s3beat.yml`)
          assert.match(
            written,
            /^ {2}assumeRoleFlag: false\n[^]*^ {2}assumeRoleArn: \[\]\n[^]*^ {2}stsCredsExpirationTime: "1h"$/mu
          )
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "it ends with every policy to attach, as s3beat policy prints them for the new file, and with what to run",
    () =>
      inDirectory((cwd) =>
        Effect.gen(function* () {
          const { stdout } = yield* runS3beat(["init"], { cwd, stdin: everything + lines("console") })
          const printed: Policies = JSON.parse((yield* runS3beat(["policy"], { cwd })).stdout)
          const [reader] = printed.roles
          assert.isDefined(reader)
          assert.deepStrictEqual(
            [...stdout.matchAll(/^\{\n[^]*?^\}$/gmu)].map(([text]) => JSON.parse(text)),
            [printed.identity.policy, reader.trust, reader.permissions, ...printed.queues.map(({ policy }) => policy)]
          )
          assert.include(stdout, `The trust policy of ${role}, in account 111111111111:`)
          assert.match(stdout, /s3beat run -c s3beat\.yml {7}ship\n$/u)
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "a secret may be named as the keystore beside the file has it, and nobody is asked for the passphrase",
    () =>
      inDirectory((cwd, fs) =>
        Effect.gen(function* () {
          const passphrase = Effect.succeed(Redacted.make("correct horse battery staple"))
          const keystore = `${cwd}/s3beat.keystore`
          yield* KeystoreFile.create(keystore, passphrase, { replace: false, cost: cheap })
          const stdin = lines("b", "q:us-east-1", "", "n", "AKIAIOSFODNN7EXAMPLE", "${SECRET_KEY}", "", "console")
          const { exitCode, stderr } = yield* runS3beat(["init"], { cwd, stdin })
          assert.strictEqual(exitCode, 2)
          assert.include(
            stderr,
            "the variable SECRET_KEY is not set; set it in the environment or with s3beat keystore add"
          )
          const entries = Effect.succeed(entriesOf({ SECRET_KEY: "hush-hush" }))
          yield* KeystoreFile.change(keystore, passphrase, () => entries, { cost: cheap })
          assert.deepInclude(yield* runS3beat(["init"], { cwd, stdin }), { exitCode: 0, stderr: "" })
          assert.include(yield* fs.readFileString(`${cwd}/s3beat.yml`), 'secretAccessKey: "${SECRET_KEY}"')
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "after a wrong answer, and when there are no more, nothing is written and it exits with 2",
    () =>
      inDirectory((cwd, fs) =>
        Effect.gen(function* () {
          const wrong = yield* runS3beat(["init"], { cwd, stdin: lines("prod", "events") })
          const ended = yield* runS3beat(["init"], { cwd, stdin: "prod" })
          assert.deepStrictEqual([wrong.exitCode, ended.exitCode], [2, 2])
          assert.strictEqual(
            wrong.stderr,
            'answer 2 ("SQS queue and region"): events names no region; write it as in events:us-east-1; nothing was written\n'
          )
          assert.strictEqual(ended.stderr, 'there was no answer to "SQS queue and region"; nothing was written\n')
          assert.deepStrictEqual(yield* fs.readDirectory(cwd), [])
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "a file that is there is left alone, and replaced only with --force",
    () =>
      inDirectory((cwd, fs) =>
        Effect.gen(function* () {
          const path = `${cwd}/s3beat.yml`
          yield* fs.writeFileString(path, "old")
          const stdin = everything + lines("console")
          const { exitCode, stderr } = yield* runS3beat(["init"], { cwd, stdin })
          assert.strictEqual(exitCode, 2)
          assert.strictEqual(stderr, "s3beat.yml is there already; --force takes its place, -c names another file\n")
          assert.strictEqual(yield* fs.readFileString(path), "old")

          // The pipe stays open behind the last answer, as some parents leave it: that keeps nothing waiting.
          assert.strictEqual((yield* runS3beat(["init", "--force"], { cwd, stdin, keepsStdin: true })).exitCode, 0)
          assert.strictEqual((yield* load(cwd)).config.beatIdentifier, "prod")
          assert.deepStrictEqual(yield* fs.readDirectory(cwd), ["s3beat.yml"])
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "a directory that is not there is told before anything is asked",
    () =>
      inDirectory((cwd) =>
        Effect.gen(function* () {
          const { exitCode, stderr, stdout } = yield* runS3beat(["init", "-c", "none/s3beat.yml"], { cwd })
          assert.deepStrictEqual(
            { exitCode, stderr, stdout },
            {
              exitCode: 2,
              stderr:
                "none/s3beat.yml: none is no directory that this user may write to; make it, or name another file with -c\n",
              stdout: ""
            }
          )
        })
      ),
    TIMEOUT_MILLIS
  )
})

describe("init at a terminal", () => {
  it.live(
    "a wrong answer is told at once and may be corrected, and a secret is never on the screen",
    () =>
      inDirectory((cwd) =>
        Effect.gen(function* () {
          const { exitCode, screen, see, type } = yield* startAtTerminal(["init"], { cwd })
          yield* see("Beat identifier (1 to 12 letters, digits, - and _)")
          yield* type(`more-than-twelve${key.enter}`)
          yield* see("more-than-twelve has 16 characters; the maximum is 12")
          yield* type(`${key.clearLine}prodd${key.backspace}${key.enter}`)
          yield* see("SQS queue and region (queuename:region, a queue URL or a queue ARN)")
          yield* type(`events:us-nowhere-1${key.enter}`)
          yield* see("us-nowhere-1 is no AWS region")
          yield* type(`${key.clearLine}events:us-east-1${key.enter}`)
          yield* see("Another SQS queue and region (empty: no more)")
          yield* type(key.enter)
          yield* see("Running in AWS (y/N)")
          yield* type(key.enter)
          yield* see("Access key ID")
          yield* type(`AKIAIOSFODNN7EXAMPLE${key.enter}`)
          yield* see("Secret access key (not shown)")
          yield* type(`2||c2VjcmV0c2VjcmV0c2VjcmV0${key.enter}`)
          yield* see("is encrypted by LogRhythm's own tools")
          yield* type(`${key.clearLine}hush-hush${key.enter}`)
          yield* see("Assume Role (y/N)")
          yield* type(`y${key.enter}`)
          yield* see("Provide the Assume Role ARN")
          yield* type(key.enter)
          yield* see("needs a role in assumeRoleArn")
          yield* type(`${role}${key.enter}`)
          yield* see("Provide another Assume Role ARN (empty: no more)")
          yield* type(key.enter)
          yield* see("STS credentials expiration time (15m to 12h) [1h]")
          yield* type(`10m${key.enter}`)
          yield* see("10m is below the minimum of 15m")
          yield* type(`${key.clearLine}${key.enter}`)
          yield* see("Where events go")
          yield* type(`console${key.enter}`)
          yield* see("s3beat run -c s3beat.yml")
          assert.strictEqual(yield* exitCode, 0)

          assert.notMatch(yield* screen, /AKIAIOSFODNN7EXAMPLE|hush|c2VjcmV0/u)
          const { config, warnings } = yield* load(cwd)
          assert.deepStrictEqual(warnings, [])
          assert.strictEqual(config.beatIdentifier, "prod")
          assert.strictEqual(config.secretAccessKey && Redacted.value(config.secretAccessKey), "hush-hush")
          assert.deepStrictEqual(
            config.assumeRoleArn.map(({ arn }) => arn),
            [role]
          )
        }).pipe(Effect.scoped)
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "lines that are pasted at once answer the questions that follow",
    () =>
      inDirectory((cwd) =>
        Effect.gen(function* () {
          const { exitCode, see, type } = yield* startAtTerminal(["init"], { cwd })
          yield* see("Beat identifier")
          yield* type((everything + lines("console")).replaceAll("\n", key.enter))
          assert.strictEqual(yield* exitCode, 0)
          assert.strictEqual((yield* load(cwd)).config.sqsQueues.length, 2)
        }).pipe(Effect.scoped)
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "a file that is there is replaced only after a yes",
    () =>
      inDirectory((cwd, fs) =>
        Effect.gen(function* () {
          const path = `${cwd}/s3beat.yml`
          yield* fs.writeFileString(path, "old")
          const first = yield* startAtTerminal(["init"], { cwd })
          yield* first.see("s3beat.yml is there already. Overwrite it (y/N)")
          yield* first.type(key.enter)
          yield* first.see("s3beat.yml stays as it is.")
          assert.strictEqual(yield* first.exitCode, 0)
          assert.strictEqual(yield* fs.readFileString(path), "old")

          const second = yield* startAtTerminal(["init"], { cwd })
          yield* second.see("Overwrite it (y/N)")
          yield* second.type(`y${key.enter}${(everything + lines("console")).replaceAll("\n", key.enter)}`)
          assert.strictEqual(yield* second.exitCode, 0)
          assert.strictEqual((yield* load(cwd)).config.beatIdentifier, "prod")
        }).pipe(Effect.scoped)
      ),
    TIMEOUT_MILLIS
  )

  for (const [name, keys] of [
    ["Ctrl-C", key.ctrlC],
    ["Ctrl-D", key.ctrlD]
  ] as const) {
    it.live(
      `${name} writes nothing`,
      () =>
        inDirectory((cwd, fs) =>
          Effect.gen(function* () {
            const { exitCode, see, type } = yield* startAtTerminal(["init"], { cwd })
            yield* see("Beat identifier")
            yield* type(`prod${key.enter}`)
            yield* see("SQS queue and region")
            yield* type(keys)
            yield* see('there was no answer to "SQS queue and region"; nothing was written')
            assert.strictEqual(yield* exitCode, 2)
            assert.deepStrictEqual(yield* fs.readDirectory(cwd), [])
          }).pipe(Effect.scoped)
        ),
      TIMEOUT_MILLIS
    )
  }
})
