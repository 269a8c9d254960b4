import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { rename, truncate } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Fiber } from "effect"
import * as ActiveFile from "../../src/output/ActiveFile.ts"
import { Output } from "../../src/output/Output.ts"
import * as UndoRecord from "../../src/output/UndoRecord.ts"
import { eventBatch, ndjsonOf } from "../support/eventBatch.ts"
import * as fileFaults from "../support/fileFaults.ts"
import { fileOutput, layer, pathOf, read } from "../support/fileOutputWorld.ts"
import { TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const first = eventBatch("first")
const second = eventBatch("second, of which a part is written", "second, of which nothing is written")
const both = ndjsonOf("first", "second, of which a part is written", "second, of which nothing is written")

const file = read("s3beat.ndjson")

/** `publish`, and why it failed. */
const refused = (output: Output["Service"]) =>
  Effect.map(Effect.flip(output.publish([second])), ({ reason }) => {
    assert.strictEqual(reason._tag, "OutputUnavailable")
    return reason.detail
  })

const onOneDisk = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.scoped, Effect.provide(fileOutput()), Effect.provide(layer))

describe("FileOutput: what disks do", () => {
  it.live("a batch is acknowledged only after fsync, and interruption waits for it too", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const sync = yield* fileFaults.slowSync
      const fiber = yield* Effect.forkChild(output.publish([first]))
      yield* sync.begun
      assert.strictEqual(yield* file, "first\n")
      assert.isUndefined(fiber.pollUnsafe())
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* Effect.yieldNow
      assert.isUndefined(interruption.pollUnsafe())
      yield* sync.finish
      yield* Fiber.join(interruption)
      assert.strictEqual(yield* file, "first\n")
    }).pipe(onOneDisk)
  )

  it.live("what comes while the disk is busy goes there at once, with one fsync, and each part is acknowledged", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const sync = yield* fileFaults.slowSync
      const publish = (i: number) => Effect.forkChild(output.publish([eventBatch(`${i}`)]))
      const first = yield* publish(0)
      yield* sync.begun
      const others = yield* Effect.forEach([1, 2, 3, 4, 5], publish)
      yield* sync.finish
      yield* Fiber.joinAll([first, ...others])
      assert.strictEqual(yield* file, ndjsonOf("0", "1", "2", "3", "4", "5"))
      assert.strictEqual(sync.count(), 2)
    }).pipe(onOneDisk)
  )

  it.live("writes that take a few bytes at a time give whole lines", () =>
    Effect.gen(function* () {
      const output = yield* Output
      yield* fileFaults.shortWrites(7)
      yield* output.publish([first])
      yield* output.publish([second])
      assert.strictEqual(yield* file, both)
    }).pipe(onOneDisk)
  )

  it.live("a full disk takes nothing of a batch, says so, and takes it once when there is room again", () =>
    Effect.gen(function* () {
      const output = yield* Output
      const disk = yield* fileFaults.smallDisk(20)
      yield* output.publish([first])
      for (let attempt = 0; attempt < 3; attempt++) {
        const path = yield* pathOf("s3beat.ndjson")
        assert.strictEqual(
          yield* refused(output),
          `${path} cannot be written: the disk is full; free some space (ENOSPC)`
        )
        assert.strictEqual(yield* file, "first\n")
      }
      disk.free(1000)
      yield* output.publish([second])
      assert.strictEqual(yield* file, both)
    }).pipe(onOneDisk)
  )

  it.live("a batch whose fsync failed is rolled back, and written again", () =>
    Effect.gen(function* () {
      const output = yield* Output
      yield* output.publish([first])
      yield* fileFaults.failingSyncs(1)
      assert.include(yield* refused(output), "the disk reports an error")
      assert.strictEqual(yield* file, "first\n")
      yield* output.publish([second])
      assert.strictEqual(yield* file, both)
    }).pipe(onOneDisk)
  )

  it.live("while a batch cannot be rolled back nothing else is written", () =>
    Effect.gen(function* () {
      const output = yield* Output
      yield* output.publish([first])
      yield* fileFaults.failingSyncs(1)
      yield* fileFaults.failingTruncates(2)
      yield* refused(output)
      assert.strictEqual(yield* file, both, "it stands there unacknowledged")
      yield* refused(output)
      assert.strictEqual(yield* file, both)
      yield* output.publish([second])
      assert.strictEqual(yield* file, both, "once")
    }).pipe(onOneDisk)
  )

  it.live("appending to a file that could not be rolled back does so first", () =>
    Effect.gen(function* () {
      const path = yield* pathOf("active")
      const active = yield* ActiveFile.open(path, 0o600, UndoRecord.make())
      yield* active.append([Buffer.from("first\n")])
      yield* fileFaults.failingSyncs(1)
      yield* fileFaults.failingTruncates(1)
      yield* Effect.flip(active.append([Buffer.from("second\n")]))
      yield* active.append([Buffer.from("second\n")])
      assert.strictEqual(yield* read("active"), "first\nsecond\n")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a file that was emptied before it could be rolled back stays empty, without a hole", () =>
    Effect.gen(function* () {
      const output = yield* Output
      yield* output.publish([first])
      yield* fileFaults.failingSyncs(1)
      yield* fileFaults.failingTruncates(1)
      yield* refused(output)
      const path = yield* pathOf("s3beat.ndjson")
      yield* Effect.promise(() => truncate(path, 0))
      yield* output.publish([first])
      assert.strictEqual(yield* file, "first\n")
    }).pipe(onOneDisk)
  )

  it.live("a batch that could not be rolled back at once is, even if the file was renamed meanwhile", () =>
    Effect.gen(function* () {
      const output = yield* Output
      yield* output.publish([first])
      yield* fileFaults.failingSyncs(1)
      yield* fileFaults.failingTruncates(1)
      yield* refused(output)
      const path = yield* pathOf("s3beat.ndjson")
      yield* Effect.promise(() => rename(path, `${path}-2026`))
      yield* output.publish([second])
      assert.strictEqual(yield* read("s3beat.ndjson-2026"), "first\n")
      assert.strictEqual(yield* file, both.slice("first\n".length))
    }).pipe(onOneDisk)
  )

  it.live("a file that the system lets grow no further takes nothing of a batch, and goes on with what fits", () =>
    Effect.gen(function* () {
      const program = join(import.meta.dirname, "../support/limitedFileOutput.ts")
      const limited = ["-c", `ulimit -f 64 && exec "$0" "$@"`, process.execPath, program, yield* TemporaryDirectory]
      const { stdout } = yield* Effect.promise(() => promisify(execFile)("/bin/sh", limited))
      assert.deepStrictEqual(JSON.parse(stdout), ["acknowledged", "EFBIG", "EFBIG", "acknowledged"])
      assert.strictEqual(yield* file, ndjsonOf("small", "small"))
    }).pipe(Effect.provide(layer))
  )
})
