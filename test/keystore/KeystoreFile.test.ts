import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Redacted } from "effect"
import * as KeystoreFile from "../../src/keystore/KeystoreFile.ts"
import { cheap, entriesOf, passphrase, textsOf } from "../support/keystores.ts"
import { layer, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const given = Effect.succeed(passphrase)

/** A path in the directory of the test. */
const at = (name: string) => Effect.map(TemporaryDirectory, (directory) => join(directory, name))

const put = (path: string, name: string, value: string) =>
  KeystoreFile.change(path, given, (entries) => Effect.succeed(new Map(entries).set(name, Redacted.make(value))), {
    cost: cheap
  })

/** A keystore with one entry. */
const made = Effect.gen(function* () {
  const path = yield* at("s3beat.keystore")
  yield* KeystoreFile.create(path, given, { replace: false, cost: cheap })
  yield* put(path, "KEY", "hush")
  return path
})

const textsAt = (path: string) =>
  Effect.flatMap(KeystoreFile.read(path), (file) => Effect.map(KeystoreFile.open(file, passphrase), textsOf))

const reasonOf = <A>(effect: Effect.Effect<A, KeystoreFile.KeystoreError>) =>
  Effect.map(Effect.flip(effect), ({ message, reason }) => {
    assert.notInclude(message, "hush")
    assert.notInclude(message, Redacted.value(passphrase))
    assert.notInclude(message, "\n")
    return reason
  })

const inDirectory = <A, E>(test: Effect.Effect<A, E, TemporaryDirectory>) => Effect.provide(test, layer)

describe("KeystoreFile", () => {
  it.live("what was put in comes out, from a file of mode 0600 with nothing beside it", () =>
    Effect.gen(function* () {
      const path = yield* made
      yield* put(path, "OTHER", "1")
      assert.deepStrictEqual(yield* textsAt(path), { KEY: "hush", OTHER: "1" })
      assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o777, 0o600)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(join(path, ".."))), ["s3beat.keystore"])
    }).pipe(inDirectory)
  )

  it.live("a keystore that is there is not replaced unless that is asked for", () =>
    Effect.gen(function* () {
      const path = yield* made
      assert.strictEqual(
        yield* reasonOf(KeystoreFile.create(path, Effect.die("asked in vain"), { replace: false, cost: cheap })),
        "Exists"
      )
      assert.deepStrictEqual(yield* textsAt(path), { KEY: "hush" })
      yield* KeystoreFile.create(path, given, { replace: true, cost: cheap })
      assert.deepStrictEqual(yield* textsAt(path), {})
    }).pipe(inDirectory)
  )

  it.live("one that others may read, write or enter is refused", () =>
    Effect.gen(function* () {
      const path = yield* made
      for (const mode of [0o640, 0o604, 0o620, 0o601]) {
        yield* Effect.promise(() => chmod(path, mode))
        assert.strictEqual(yield* reasonOf(KeystoreFile.read(path)), "Exposed")
      }
      yield* Effect.promise(() => chmod(path, 0o400))
      assert.deepStrictEqual((yield* KeystoreFile.read(path)).names, ["KEY"])
    }).pipe(inDirectory)
  )

  it.live("what is no keystore, a damaged one and a missing one are told apart, and a pipe is not waited for", () =>
    Effect.gen(function* () {
      const path = yield* made
      const other = yield* at("other")
      const pipe = yield* at("pipe")
      yield* Effect.promise(() => writeFile(other, "s3beat:\n", { mode: 0o600 }))
      yield* Effect.promise(() => promisify(execFile)("mkfifo", [pipe]))
      assert.strictEqual(yield* reasonOf(KeystoreFile.read(other)), "Foreign")
      assert.strictEqual(yield* reasonOf(KeystoreFile.read(pipe)), "Foreign")
      assert.strictEqual(yield* reasonOf(KeystoreFile.read(join(path, ".."))), "Foreign")
      yield* Effect.promise(() => truncate(other, 1024 * 1024 * 1024))
      assert.strictEqual(yield* reasonOf(KeystoreFile.read(other)), "Foreign")
      yield* Effect.promise(() => truncate(path, 100))
      assert.strictEqual(yield* reasonOf(KeystoreFile.read(path)), "Damaged")
      assert.strictEqual(yield* reasonOf(KeystoreFile.read(`${path}.none`)), "Missing")
      assert.strictEqual(yield* reasonOf(put(`${path}.none`, "A", "1")), "Missing")
    }).pipe(inDirectory)
  )

  it.live("a wrong passphrase, or an edit that fails, changes nothing", () =>
    Effect.gen(function* () {
      const path = yield* made
      const before = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(
        yield* reasonOf(
          KeystoreFile.change(path, Effect.succeed(Redacted.make("another")), () => Effect.die("edited all the same"))
        ),
        "WrongPassphrase"
      )
      assert.strictEqual(yield* Effect.flip(KeystoreFile.change(path, given, () => Effect.fail("no" as const))), "no")
      assert.isTrue(before.equals(yield* Effect.promise(() => readFile(path))))
    }).pipe(inDirectory)
  )

  it.live("one that would become too large is not written", () =>
    Effect.gen(function* () {
      const path = yield* made
      assert.strictEqual(yield* reasonOf(put(path, "BIG", "x".repeat(KeystoreFile.MAX_BYTES))), "Full")
      assert.deepStrictEqual(yield* textsAt(path), { KEY: "hush" })
    }).pipe(inDirectory)
  )

  it.live("what a process left that died while it wrote is in nobody's way", () =>
    Effect.gen(function* () {
      const path = yield* made
      yield* Effect.promise(() => writeFile(`${path}.new`, "half", { mode: 0o644 }))
      yield* put(path, "OTHER", "1")
      assert.deepStrictEqual(yield* textsAt(path), { KEY: "hush", OTHER: "1" })
      assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o777, 0o600)
    }).pipe(inDirectory)
  )

  it.live("a link to a keystore stays a link", () =>
    Effect.gen(function* () {
      const path = yield* made
      const link = yield* at("link")
      yield* Effect.promise(() => symlink(path, link))
      yield* put(link, "OTHER", "1")
      assert.isTrue((yield* Effect.promise(() => lstat(link))).isSymbolicLink())
      assert.deepStrictEqual(yield* textsAt(path), { KEY: "hush", OTHER: "1" })
    }).pipe(inDirectory)
  )

  it.live("writers at the same time lose nothing of each other's", () =>
    Effect.gen(function* () {
      const path = yield* made
      const names = ["A", "B", "C", "D", "E"]
      yield* Effect.forEach(names, (name) => put(path, name, name), { concurrency: "unbounded", discard: true })
      assert.deepStrictEqual(Object.keys(yield* textsAt(path)), [...names, "KEY"])
    }).pipe(inDirectory)
  )

  it.live("a writer without a lock is noticed: nothing is overwritten that was not read", () =>
    Effect.gen(function* () {
      const path = yield* made
      const other = yield* Effect.promise(() => readFile(path))
      yield* put(path, "OTHER", "1")
      const behind = KeystoreFile.change(path, given, (entries) =>
        Effect.as(
          Effect.promise(() => writeFile(path, other)),
          entries
        )
      )
      assert.strictEqual(yield* reasonOf(behind), "Busy")
      assert.deepStrictEqual(yield* textsAt(path), { KEY: "hush" })
    }).pipe(inDirectory)
  )

  it.live("a directory that is not there is told", () =>
    Effect.gen(function* () {
      const path = yield* at("none/s3beat.keystore")
      assert.strictEqual(
        yield* reasonOf(KeystoreFile.create(path, given, { replace: false, cost: cheap })),
        "Unwritable"
      )
      const directory = yield* at("directory")
      yield* Effect.promise(() => mkdir(directory))
      assert.strictEqual(
        yield* reasonOf(KeystoreFile.create(directory, given, { replace: true, cost: cheap })),
        "Unreadable"
      )
    }).pipe(inDirectory)
  )

  it.live("entries show nothing of their values", () =>
    Effect.sync(() => {
      const shown = JSON.stringify(Array.from(entriesOf({ KEY: "hush" })))
      assert.include(shown, "KEY")
      assert.notInclude(shown, "hush")
    })
  )
})
