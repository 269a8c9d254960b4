import { assert, describe, it } from "@effect/vitest"
import { chmod, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import * as KeystoreFile from "../../src/keystore/KeystoreFile.ts"
import { cheap, entriesOf, textsOf } from "../support/keystores.ts"
import { type Ended, key, type PipeOptions, startAtTerminal } from "../support/RunningS3beat.ts"
import { runS3beat, runS3beatInside } from "../support/runS3beat.ts"
import { layer, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const PASSPHRASE = "correct horse battery staple"
const SECRET = "wJalrXUtnFEMI/K7MDENG"
const env = { S3BEAT_KEYSTORE_PASSPHRASE: PASSPHRASE }

/** Each process has to start, and to derive a key. */
const SLOW_MACHINE = 120_000

const config = `
s3beat:
  beatIdentifier: prod
  sqsQueues: [events:us-east-1]
  accessKeyID: \${ID:AKIAEXAMPLE}
  secretAccessKey: \${SECRET_KEY}
  period: \${PERIOD:10s}
output.console.enabled: true
`

/** A config and the path of its keystore, in a directory of their own. */
const place = Effect.gen(function* () {
  const directory = yield* TemporaryDirectory
  const path = join(directory, "s3beat.yml")
  yield* Effect.promise(() => writeFile(path, config, { mode: 0o600 }))
  return { path, keystore: join(directory, "s3beat.keystore") }
})

/** Whatever was done: neither the secret nor the passphrase was shown. */
const isDiscreet = (shown: string) => {
  for (const secret of [SECRET, PASSPHRASE]) assert.notInclude(shown, secret)
}

const discreet = (ended: Ended): Ended => {
  isDiscreet(ended.stdout + ended.stderr)
  return ended
}

const given = Effect.succeed(Redacted.make(PASSPHRASE))

const keep = (path: string, texts: Readonly<Record<string, string>>) =>
  Effect.andThen(
    KeystoreFile.create(path, given, { replace: true, cost: cheap }),
    KeystoreFile.change(path, given, () => Effect.succeed(entriesOf(texts)), { cost: cheap })
  )

const keptIn = (path: string) =>
  Effect.flatMap(KeystoreFile.read(path), (file) =>
    Effect.map(KeystoreFile.open(file, Redacted.make(PASSPHRASE)), textsOf)
  )

const refused = (message: string) => ({ exitCode: 2, stdout: "", stderr: `${message}\n` })

const inDirectory = <A, E>(test: Effect.Effect<A, E, TemporaryDirectory>) => Effect.provide(test, layer)

describe("s3beat keystore, as a process", () => {
  it.live(
    "a secret goes in by a pipe, and comes out in the config alone, before the environment",
    () =>
      Effect.gen(function* () {
        const { keystore, path } = yield* place
        const ran = (args: ReadonlyArray<string>, given: PipeOptions = { env }) =>
          Effect.map(runS3beat([...args, "-c", path], given), discreet)
        assert.deepStrictEqual(yield* ran(["keystore", "create"]), {
          exitCode: 0,
          stdout: `Made ${keystore}; it is empty, add to it with s3beat keystore add NAME.\n`,
          stderr: ""
        })
        const added = yield* ran(["keystore", "add", "SECRET_KEY", "--stdin"], { env, stdin: `${SECRET}\n` })
        assert.deepStrictEqual(added, { exitCode: 0, stdout: "", stderr: "" })
        assert.deepStrictEqual(yield* ran(["keystore", "list"], {}), {
          exitCode: 0,
          stdout: "SECRET_KEY\n",
          stderr: ""
        })
        assert.notInclude((yield* Effect.promise(() => readFile(keystore))).toString("latin1"), SECRET)
        const wrong = yield* ran(["run"], { env: { S3BEAT_KEYSTORE_PASSPHRASE: "another" } })
        assert.deepStrictEqual(
          wrong,
          refused(`${keystore}: the passphrase is wrong, or somebody without it has changed the keystore`)
        )
        yield* Effect.promise(() => writeFile(path, config.replace("output", "tags: [ '${SECRET_KEY}' ]\noutput")))
        const decoded = yield* runS3beat(["decode", "-c", path], { env: { ...env, SECRET_KEY: "no" }, stdin: "line\n" })
        assert.include(decoded.stdout, `"tags":["${SECRET}"]`)
      }).pipe(inDirectory),
    SLOW_MACHINE
  )

  it.live(
    "processes that add at the same time lose nothing of each other's",
    () =>
      Effect.gen(function* () {
        const { keystore, path } = yield* place
        yield* keep(keystore, {})
        yield* Effect.forEach(
          ["A", "B", "C"],
          (name) =>
            Effect.map(runS3beat(["keystore", "add", name, "--stdin", "-c", path], { env, stdin: name }), (ended) =>
              assert.deepStrictEqual(ended, { exitCode: 0, stdout: "", stderr: "" })
            ),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual((yield* KeystoreFile.read(keystore)).names, ["A", "B", "C"])
      }).pipe(inDirectory),
    SLOW_MACHINE
  )

  it.live(
    "on a terminal the passphrase and values are asked for, and nothing that is typed is shown",
    () =>
      Effect.gen(function* () {
        const { keystore, path } = yield* place
        const made = yield* startAtTerminal(["keystore", "create", "-c", path])
        yield* made.see("New passphrase")
        yield* made.type(PASSPHRASE + key.enter)
        yield* made.see("The same again")
        yield* made.type(PASSPHRASE + key.enter)
        assert.strictEqual(yield* made.exitCode, 0)

        const added = yield* startAtTerminal(["keystore", "add", "SECRET_KEY", "-c", path])
        yield* added.see("Passphrase of")
        yield* added.type(PASSPHRASE + key.enter)
        yield* added.see("Value of SECRET_KEY")
        yield* added.type(SECRET + key.enter)
        assert.strictEqual(yield* added.exitCode, 0)

        isDiscreet((yield* made.screen) + (yield* added.screen))
        assert.deepStrictEqual(yield* keptIn(keystore), { SECRET_KEY: SECRET })
      }).pipe(Effect.scoped, inDirectory),
    SLOW_MACHINE
  )

  it.live(
    "on a terminal, two passphrases that differ and Ctrl-C do nothing",
    () =>
      Effect.gen(function* () {
        const { keystore, path } = yield* place
        const create = ["keystore", "create", "-c", path]
        const differing = yield* startAtTerminal(create)
        yield* differing.see("New passphrase")
        yield* differing.type(PASSPHRASE + key.enter)
        yield* differing.see("The same again")
        yield* differing.type(`another one${key.enter}`)
        yield* differing.see("The two passphrases differ; nothing was done.")
        isDiscreet(yield* differing.screen)

        const givenUp = yield* startAtTerminal(create)
        yield* givenUp.see("New passphrase")
        yield* givenUp.type(key.ctrlC)
        yield* givenUp.see("Given up; nothing was done.")
        assert.deepStrictEqual([yield* differing.exitCode, yield* givenUp.exitCode], [2, 2])
        assert.strictEqual((yield* Effect.flip(KeystoreFile.read(keystore))).reason, "Missing")
      }).pipe(Effect.scoped, inDirectory),
    SLOW_MACHINE
  )
})

describe("s3beat keystore", () => {
  it.live("what cannot be done is refused in one line, and changes nothing", () =>
    Effect.gen(function* () {
      const { keystore, path } = yield* place
      const refuses = (args: ReadonlyArray<string>, message: string, given: PipeOptions = { env }) =>
        Effect.map(runS3beatInside(["keystore", ...args, "-c", path], given), (ended) =>
          assert.deepStrictEqual(discreet(ended), refused(message))
        )
      const short = { env: { S3BEAT_KEYSTORE_PASSPHRASE: "short" } }
      const noKeystore = `${keystore}: there is no such keystore; make one with s3beat keystore create`
      yield* refuses(["create"], "The passphrase is too short: it must have 8 characters or more.", short)
      yield* refuses(["list"], noKeystore)
      yield* refuses(["add", "A", "--stdin"], noKeystore)
      yield* keep(keystore, { A: "1" })

      yield* refuses(
        ["create"],
        `${keystore}: there is a keystore already; --force replaces it by an empty one, and its values are lost`
      )
      yield* refuses(
        ["add", "B", SECRET],
        "Give one name and no value: arguments are seen by everyone on the machine. It is asked for, or read with --stdin."
      )
      yield* refuses(
        ["add", "a/b"],
        "A name may hold letters, digits, _ and ., at most 128, and begins with a letter or _."
      )
      yield* refuses(["add", "A", "--stdin"], `${keystore}: has A already; --force replaces it`, { env, stdin: "2" })
      const addB = ["add", "B", "--stdin"]
      const nothing = "The value is empty; a variable that is set to nothing counts as not set."
      yield* refuses(addB, nothing, { env, stdin: "\n" })
      yield* refuses(addB, "The value is not UTF-8; encode it, as base64 for one.", { env, stdin: Uint8Array.of(0xff) })
      yield* refuses(addB, "The value is larger than 65536 bytes.", { env, stdin: "x".repeat(70_000) })
      yield* refuses(["add", "B"], "There is no terminal to ask at: Value of B. Pipe the value in, with --stdin.")
      yield* refuses(["remove", "A", "B"], `${keystore}: has no B; nothing was removed`)
      assert.deepStrictEqual((yield* KeystoreFile.read(keystore)).names, ["A"])
    }).pipe(inDirectory)
  )

  it.live(
    "values are replaced with --force, and removed by name",
    () =>
      Effect.gen(function* () {
        const { keystore, path } = yield* place
        yield* keep(keystore, { A: "1", B: "2" })
        const ran = (args: ReadonlyArray<string>, stdin = "") =>
          Effect.map(runS3beatInside(["keystore", ...args, "-c", path], { env, stdin }), ({ exitCode, stderr }) =>
            assert.strictEqual(exitCode, 0, stderr)
          )
        yield* ran(["add", "A", "--stdin", "--force"], " two lines\nof text\r\n")
        yield* ran(["remove", "B"])
        assert.deepStrictEqual(yield* keptIn(keystore), { A: " two lines\nof text" })
      }).pipe(inDirectory),
    SLOW_MACHINE
  )
})

describe("a config with a keystore", () => {
  it.live("nobody is asked for a passphrase unless a value names an entry; without one that is the error", () =>
    Effect.gen(function* () {
      const { keystore, path } = yield* place
      const check = (given: PipeOptions) => runS3beatInside(["check", "--config-only", "-c", path], given)
      yield* keep(keystore, { OTHER: "1" })
      assert.deepInclude(yield* check({ env: { SECRET_KEY: "x" } }), { exitCode: 0, stderr: "" })
      yield* keep(keystore, { SECRET_KEY: SECRET })
      assert.deepStrictEqual(
        yield* check({ env: { SECRET_KEY: "x" } }),
        refused(
          `There is no terminal to ask at: Passphrase of ${keystore}. Set S3BEAT_KEYSTORE_PASSPHRASE, or name a file that holds the passphrase in S3BEAT_KEYSTORE_PASSPHRASE_FILE.`
        )
      )
      assert.deepInclude(discreet(yield* check({ env })), { exitCode: 0, stderr: "" })
    }).pipe(inDirectory)
  )

  it.live("the passphrase may stand in a file, and the keystore elsewhere, as the config or the flag says", () =>
    Effect.gen(function* () {
      const { keystore, path } = yield* place
      const file = `${path}.passphrase`
      const env = { S3BEAT_KEYSTORE_PASSPHRASE_FILE: file }
      const check = (...flags: ReadonlyArray<string>) =>
        runS3beatInside(["check", "--config-only", "-c", path, ...flags], { env })
      yield* Effect.promise(() => writeFile(file, `${PASSPHRASE}\r\n`))
      yield* keep(keystore, { SECRET_KEY: SECRET })
      yield* Effect.promise(() => rename(keystore, `${keystore}.moved`))
      assert.deepInclude(yield* check("--keystore", `${keystore}.moved`), { exitCode: 0, stderr: "" })
      assert.deepStrictEqual(
        yield* check("--keystore", keystore),
        refused(`${keystore}: there is no such keystore; make one with s3beat keystore create`)
      )
      yield* Effect.promise(() => writeFile(path, `${config}keystore.path: s3beat.keystore.moved\n`))
      assert.deepInclude(yield* check(), { exitCode: 0, stderr: "" })
      yield* Effect.promise(() => writeFile(file, ""))
      assert.deepStrictEqual(yield* check(), refused(`${file}, which S3BEAT_KEYSTORE_PASSPHRASE_FILE names, is empty.`))
    }).pipe(inDirectory)
  )

  it.live("a keystore that others may use is refused, and a value that does not fit its key is not shown", () =>
    Effect.gen(function* () {
      const { keystore, path } = yield* place
      const check = Effect.map(
        runS3beatInside(["check", "--config-only", "-c", path], { env: { ...env, SECRET_KEY: "x" } }),
        discreet
      )
      yield* keep(keystore, { PERIOD: SECRET })
      assert.deepStrictEqual(
        yield* check,
        refused(
          `${path}:7:11 period: the value that the keystore has for it is not valid; it must be a duration such as 10s or 1h30m, 1s to 1h`
        )
      )
      yield* Effect.promise(() => chmod(keystore, 0o644))
      assert.deepStrictEqual(
        yield* check,
        refused(`${keystore}: others may use it (mode 0644); run chmod 600 ${keystore}`)
      )
    }).pipe(inDirectory)
  )
})
