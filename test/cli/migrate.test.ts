import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import { runS3beat } from "../support/runS3beat.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

const old =
  "# Ours\r\ns3beat:\r\n   beatIdentifier: prod   # us\r\n   sqsQueues: ['q:us-east-1']\r\n\r\noutput.console.enabled: true"
const added = "   assumeRoleFlag: false\r\n   assumeRoleArn: []\r\n   stsCredsExpirationTime: 1h\r\n"
const migrated = old.replace("\r\n\r\n", `\r\n${added}\r\n`)

/** A process starts in a second, and in several where others work too. */
const TIMEOUT_MILLIS = 60_000

/** Runs what is to be tried in a directory of its own, in which there is a file to migrate. */
const besideFile = <A, E>(
  use: (cwd: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem>,
  text = old
) =>
  Effect.gen(function* () {
    const [cwd, fs] = [yield* TemporaryDirectory.TemporaryDirectory, yield* FileSystem.FileSystem]
    yield* fs.writeFileString(`${cwd}/s3beat.yml`, text)
    return yield* use(cwd, fs)
  }).pipe(Effect.provide(TemporaryDirectory.layer), Effect.provide(NodeServices.layer))

describe("migrate", () => {
  it.live(
    "adds the keys, keeps the file as it was beside it, and does nothing a second time",
    () =>
      besideFile((cwd, fs) =>
        Effect.gen(function* () {
          const path = `${cwd}/s3beat.yml`
          const first = yield* runS3beat(["migrate"], { cwd })
          assert.deepStrictEqual({ exitCode: first.exitCode, stderr: first.stderr }, { exitCode: 0, stderr: "" })
          assert.include(
            first.stdout,
            "s3beat.yml: added assumeRoleFlag: false, assumeRoleArn: [], stsCredsExpirationTime: 1h; nothing else was changed."
          )
          assert.include(first.stdout, "The file as it was: s3beat.yml.bak")
          assert.include(first.stdout, "a restart turns it on")
          assert.strictEqual(yield* fs.readFileString(path), migrated)
          assert.strictEqual(yield* fs.readFileString(`${path}.bak`), old)
          assert.isFalse((yield* ConfigFile.load(path, {})).config.assumeRoleFlag)

          const second = yield* runS3beat(["migrate"], { cwd })
          assert.deepStrictEqual(second, {
            exitCode: 0,
            stdout: "s3beat.yml has the keys of the STS feature already; nothing was changed.\n",
            stderr: ""
          })
          assert.deepStrictEqual((yield* fs.readDirectory(cwd)).toSorted(), ["s3beat.yml", "s3beat.yml.bak"])
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "a dry run shows a diff and writes nothing",
    () =>
      besideFile((cwd, fs) =>
        Effect.gen(function* () {
          const { exitCode, stderr, stdout } = yield* runS3beat(["migrate", "--dry-run"], { cwd })
          assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "Nothing was written.\n" })
          assert.strictEqual(
            stdout,
            "--- s3beat.yml\n+++ s3beat.yml\n@@ -2,5 +2,8 @@\n s3beat:\r\n    beatIdentifier: prod   # us\r\n    sqsQueues: ['q:us-east-1']\r\n" +
              "+   assumeRoleFlag: false\r\n+   assumeRoleArn: []\r\n+   stsCredsExpirationTime: 1h\r\n" +
              " \r\n output.console.enabled: true\n\\ No newline at end of file\n"
          )
          assert.strictEqual(yield* fs.readFileString(`${cwd}/s3beat.yml`), old)
          assert.deepStrictEqual(yield* fs.readDirectory(cwd), ["s3beat.yml"])
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "mode, owner and link stay what they are, and an older backup is never written over",
    () =>
      besideFile((cwd, fs) =>
        Effect.gen(function* () {
          const [path, real] = [`${cwd}/s3beat.yml`, `${cwd}/real.yml`]
          // A group that this user may give files to: root may take any, others have to be in it.
          const group = process.getuid?.() === 0 ? 12_345 : (process.getgroups?.().at(-1) ?? 0)
          yield* fs.chown(path, process.getuid?.() ?? 0, group)
          yield* fs.chmod(path, 0o640)
          yield* fs.rename(path, real)
          yield* fs.symlink(real, path)
          yield* fs.writeFileString(`${path}.bak`, "older")
          yield* fs.writeFileString(`${path}.bak.1`, "old")
          const before = yield* fs.stat(real)

          const { exitCode, stdout } = yield* runS3beat(["migrate"], { cwd })
          assert.strictEqual(exitCode, 0)
          assert.include(stdout, "The file as it was: s3beat.yml.bak.2")
          assert.strictEqual(yield* fs.readLink(path), real)
          assert.strictEqual(yield* fs.readFileString(real), migrated)
          assert.strictEqual(yield* fs.readFileString(`${path}.bak`), "older")
          assert.strictEqual(yield* fs.readFileString(`${path}.bak.1`), "old")
          assert.strictEqual(yield* fs.readFileString(`${path}.bak.2`), old)
          for (const file of [real, `${path}.bak.2`]) {
            const { gid, mode, uid } = yield* fs.stat(file)
            assert.deepStrictEqual({ gid, mode, uid }, { gid: before.gid, mode: before.mode, uid: before.uid })
          }
        })
      ),
    TIMEOUT_MILLIS
  )

  it.live(
    "what cannot be migrated is told with its place, and left alone",
    () =>
      besideFile(
        (cwd, fs) =>
          Effect.gen(function* () {
            const [aliased, missing] = yield* Effect.all(
              [runS3beat(["migrate"], { cwd }), runS3beat(["migrate", "-c", "none.yml"], { cwd })],
              { concurrency: 2 }
            )
            assert.deepStrictEqual(aliased, {
              exitCode: 2,
              stdout: "",
              stderr: "s3beat.yml:3:7 aliases are not supported; write the value out\n"
            })
            assert.deepStrictEqual(missing, {
              exitCode: 2,
              stdout: "",
              stderr: "none.yml: there is no such file; s3beat init writes one, or name another with -c\n"
            })
            assert.deepStrictEqual(yield* fs.readDirectory(cwd), ["s3beat.yml"])
          }),
        "x: &x {a: 1}\ns3beat:\n  <<: *x\n"
      ),
    TIMEOUT_MILLIS
  )
})
