import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, rename, rm, stat, truncate } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, Fiber, Layer } from "effect"
import * as fc from "fast-check"
import { Output } from "../../src/output/Output.ts"
import * as contract from "../contract/outputContract.ts"
import { Logged } from "../support/Logged.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { eventBatch, ndjsonOf } from "../support/eventBatch.ts"
import { allText, fileOutput, layer, pathOf, read, run, runAtOnce, texts, write } from "../support/fileOutputWorld.ts"

contract.suite("file", Layer.provideMerge(fileOutput(), layer), allText)
contract.suite(
  "file, rotated often",
  Layer.provideMerge(fileOutput({ rotateEveryBytes: 100, numberOfFiles: 1000 }), layer),
  allText
)

const check = <T>(
  arbitrary: fc.Arbitrary<T>,
  law: (value: T) => Effect.Effect<void, unknown, Layer.Success<typeof layer>>
) => checkProperty(arbitrary, (value) => law(value).pipe(Effect.provide(Layer.fresh(layer))), { numRuns: 40 })

/** Each property syncs some thousand times: milliseconds for a disk that turns. */
const SLOW_DISK = 120_000

const event = fc.integer({ min: 1, max: 60 }).map((size) => "x".repeat(size))
const batch = fc.array(event, { minLength: 1, maxLength: 5 })
const batches = fc.array(batch, { minLength: 1, maxLength: 25 })

/** Publishes "before", lets others do something, and publishes "after". */
const around = (others: (path: string) => Promise<unknown>) =>
  Effect.gen(function* () {
    const output = yield* Output
    const path = yield* pathOf("s3beat.ndjson")
    yield* output.publish([eventBatch("before")])
    yield* Effect.promise(() => others(path))
    yield* output.publish([eventBatch("after")])
    return yield* read("s3beat.ndjson")
  }).pipe(Effect.provide(fileOutput({ permissions: 0o640 })))

/** Why it does not start. */
const refusal = (options: Parameters<typeof fileOutput>[0]) =>
  Effect.map(Effect.flip(Layer.build(fileOutput(options))), (error) => {
    assert.strictEqual(error.reason._tag, "OutputUnavailable")
    assert.notInclude(error.message, "\n")
    return error.message
  })

const modeOf = (path: string) => Effect.promise(async () => (await stat(path)).mode & 0o777)

describe("FileOutput: rotation", () => {
  it.live(
    "all files in order hold what was published, none is too large but for a single batch, and no batch is split",
    () =>
      check(
        fc.tuple(batches, fc.integer({ min: 1, max: 300 }), fc.constantFrom(run, runAtOnce)),
        ([batches, rotateEveryBytes, run]) =>
          Effect.gen(function* () {
            yield* run({ rotateEveryBytes, numberOfFiles: 100 }, ...batches)
            const expected: Array<string> = []
            for (const text of batches.map((texts) => ndjsonOf(...texts))) {
              const last = expected.pop() ?? ""
              expected.push(
                ...(last !== "" && last.length + text.length > rotateEveryBytes ? [last, text] : [last + text])
              )
            }
            assert.deepStrictEqual(yield* texts, expected)
          })
      ),
    SLOW_DISK
  )

  it.live(
    "past the number of files the oldest are gone, and what is left is the end of what was published",
    () =>
      check(fc.tuple(batches, fc.integer({ min: 1, max: 4 })), ([batches, numberOfFiles]) =>
        Effect.gen(function* () {
          yield* run({ rotateEveryBytes: 50, numberOfFiles }, ...batches)
          const published = batches.flatMap((texts) => texts.map((text) => ndjsonOf(text))).join("")
          assert.isAtMost((yield* texts).length, numberOfFiles)
          assert.isTrue(published.endsWith(yield* allText))
        })
      ),
    SLOW_DISK
  )

  it.live(
    "restarts make no difference",
    () =>
      check(fc.tuple(batches, fc.integer({ min: 1, max: 300 })), ([batches, rotateEveryBytes]) =>
        Effect.gen(function* () {
          const options = { rotateEveryBytes, numberOfFiles: 4 }
          yield* Effect.forEach(batches, (batch) => run(options, batch), { discard: true })
          const restarted = yield* texts
          yield* run(options, ...batches).pipe(
            Effect.andThen(texts),
            Effect.tap((steady) => Effect.sync(() => assert.deepStrictEqual(restarted, steady))),
            Effect.provide(Layer.fresh(layer))
          )
        })
      ),
    SLOW_DISK
  )

  it.live("the active file keeps its name, and the one before it is number 1", () =>
    Effect.gen(function* () {
      yield* run({ rotateEveryBytes: 5 }, ["oldest"], ["older"], ["newest"])
      assert.strictEqual(yield* read("s3beat.ndjson"), "newest\n")
      assert.strictEqual(yield* read("s3beat.1.ndjson"), "older\n")
      assert.strictEqual(yield* read("s3beat.2.ndjson"), "oldest\n")
    }).pipe(Effect.provide(layer))
  )

  it.live("files that a higher number of files has left behind are removed at the next rotation", () =>
    Effect.gen(function* () {
      yield* run({ rotateEveryBytes: 1, numberOfFiles: 5 }, ["1"], ["2"], ["3"], ["4"], ["5"])
      assert.lengthOf(yield* texts, 5)
      yield* run({ rotateEveryBytes: 1, numberOfFiles: 2 }, ["6"])
      assert.deepStrictEqual(yield* texts, ["5\n", "6\n"])
    }).pipe(Effect.provide(layer))
  )
})

describe("FileOutput: after a crash", () => {
  it.live(
    "wherever the file was cut off, whole lines stay and the torn one goes",
    () =>
      check(fc.tuple(batches, fc.double({ min: 0, max: 1, noNaN: true })), ([batches, part]) =>
        Effect.gen(function* () {
          yield* run({}, ...batches)
          const path = yield* pathOf("s3beat.ndjson")
          const whole = yield* read("s3beat.ndjson")
          yield* Effect.promise(() => truncate(path, Math.floor(part * whole.length)))
          const cut = yield* read("s3beat.ndjson")
          yield* run({}, ["after"])
          assert.strictEqual(yield* read("s3beat.ndjson"), `${cut.slice(0, cut.lastIndexOf("\n") + 1)}after\n`)
        })
      ),
    SLOW_DISK
  )

  it.live("what was cut off is said, in one line", () =>
    Effect.gen(function* () {
      yield* write("s3beat.ndjson", "whole\ntorn")
      yield* run({}, ["after"])
      const text = `Cut 4 bytes of an unfinished line off ${yield* pathOf("s3beat.ndjson")}: its event was not acknowledged and comes again.`
      assert.deepStrictEqual(yield* (yield* Logged).lines, [{ level: "Warn", text }])
    }).pipe(Effect.provide(layer))
  )

  it.live("a torn line of any length is found", () =>
    Effect.gen(function* () {
      for (const length of [1, 65_535, 65_536, 65_537, 1_000_000]) {
        yield* write("s3beat.ndjson", `whole\n${"x".repeat(length)}`)
        yield* run({}, ["after"])
        assert.strictEqual(yield* read("s3beat.ndjson"), "whole\nafter\n")
        yield* write("s3beat.ndjson", "x".repeat(length))
        yield* run({}, ["after"])
        assert.strictEqual(yield* read("s3beat.ndjson"), "after\n")
      }
    }).pipe(Effect.provide(layer))
  )
})

describe("FileOutput: what others do to its files", () => {
  it.live("a file that was renamed is left alone, and the next batch goes to a new one", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* around((path) => rename(path, `${path}-2026`)), "after\n")
      assert.strictEqual(yield* read("s3beat.ndjson-2026"), "before\n")
    }).pipe(Effect.provide(layer))
  )

  it.live("a file that was replaced by another is left alone, and the next batch goes to the other", () =>
    Effect.gen(function* () {
      yield* write("other", "there already\n")
      const text = yield* around(async (path) => {
        await rename(path, `${path}-2026`)
        await rename(path.replace("s3beat.ndjson", "other"), path)
      })
      assert.strictEqual(text, "there already\nafter\n")
    }).pipe(Effect.provide(layer))
  )

  it.live("a file that was deleted, and its directory with it, is made again", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* around((path) => rm(path)), "after\n")
      assert.strictEqual(yield* around((path) => rm(dirname(path), { recursive: true })), "after\n")
    }).pipe(Effect.provide(layer))
  )

  it.live("a file that was copied and truncated is written from its beginning, without a hole", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* around((path) => truncate(path, 0)), "after\n")
    }).pipe(Effect.provide(layer))
  )
})

describe("FileOutput: at start", () => {
  it.live(
    "missing directories are made for its own user alone, and files get their permissions whatever the umask",
    () =>
      Effect.gen(function* () {
        const directory = yield* pathOf("a/b")
        yield* run({ directory, permissions: 0o666, rotateEveryBytes: 1 }, ["1"], ["2"])
        assert.strictEqual(yield* modeOf(directory), 0o700)
        assert.strictEqual(yield* modeOf(dirname(directory)), 0o700)
        assert.strictEqual(yield* modeOf(`${directory}/s3beat.ndjson`), 0o666)
        assert.strictEqual(yield* modeOf(`${directory}/s3beat.1.ndjson`), 0o666)
      }).pipe(Effect.provide(layer))
  )

  it.live("a directory that is a file, or lies below one, is refused in one line that says what to do", () =>
    Effect.gen(function* () {
      yield* write("file", "")
      const file = yield* pathOf("file")
      const advice = "a part of the path is a file where a directory is needed; choose another directory"
      assert.strictEqual(
        yield* refusal({ directory: file }),
        `output.file: ${file} cannot be written: ${advice} (EEXIST)`
      )
      assert.strictEqual(
        yield* refusal({ directory: `${file}/below` }),
        `output.file: ${file}/below cannot be written: ${advice} (ENOTDIR)`
      )
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a directory in the place of the file is refused", () =>
    Effect.gen(function* () {
      const path = yield* pathOf("s3beat.ndjson")
      yield* Effect.promise(() => mkdir(path))
      assert.include(yield* refusal({}), `${path} cannot be written: it is a directory`)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a second daemon on the same files is refused until the first has stopped", () =>
    Effect.gen(function* () {
      const second = yield* refusal({}).pipe(Effect.provide(fileOutput()))
      assert.include(second, "another s3beat writes these files")
      yield* Layer.build(fileOutput())
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("other files in the same directory may have a daemon of their own", () =>
    run({ filename: "other" }, ["1"]).pipe(Effect.provide(fileOutput()), Effect.provide(layer))
  )

  it.live("the lock of a daemon that was killed is taken over", () =>
    Effect.gen(function* () {
      const path = yield* pathOf("s3beat.ndjson.lock")
      const listens = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`
      const killed = spawn(process.execPath, ["-e", listens, path])
      yield* Effect.promise(() => once(killed, "exit"))
      assert.isTrue((yield* Effect.promise(() => stat(path))).isSocket())
      yield* run({}, ["1"])
      assert.strictEqual(yield* read("s3beat.ndjson"), "1\n")
    }).pipe(Effect.provide(layer))
  )

  it.live("where no lock can be made a warning says so, and events are written all the same", () =>
    Effect.gen(function* () {
      const directory = yield* pathOf("d".repeat(150))
      yield* run({ directory }, ["1"])
      assert.strictEqual(yield* read(`${"d".repeat(150)}/s3beat.ndjson`), "1\n")
      const lines = yield* (yield* Logged).lines
      assert.deepStrictEqual(
        lines.map(({ level, text }) => [level, text.startsWith("Cannot lock ")]),
        [["Warn", true]]
      )
    }).pipe(Effect.provide(layer))
  )
})

describe("FileOutput: its port", () => {
  it.live("batches that come at the same time, against the rules, wait for one another", () =>
    Effect.gen(function* () {
      const output = yield* Output
      assert.strictEqual(output.name, "file")
      const texts = Array.from({ length: 30 }, (_, i) => [`${i}`, `${i}`, `${i}`])
      const fibers = yield* Effect.forEach(texts, (batch) => Effect.forkChild(output.publish([eventBatch(...batch)])))
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(yield* allText, ndjsonOf(...texts.flat()))
    }).pipe(Effect.provide(fileOutput({ rotateEveryBytes: 20, numberOfFiles: 100 })), Effect.provide(layer))
  )
})
