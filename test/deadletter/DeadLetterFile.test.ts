import { stat, unlink } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { DeadLetters } from "../../src/deadletter/DeadLetters.ts"
import { messageLetter } from "../support/deadLetter.ts"
import { file, lettersOfFiles } from "../support/deadLetterWorld.ts"
import * as fileFaults from "../support/fileFaults.ts"
import * as Logged from "../support/Logged.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const layer = Layer.merge(temporaryDirectory, Logged.layer)

const ids = Effect.map(lettersOfFiles, (letters) => letters.map(({ messageId }) => messageId))

const law = <E>(
  name: string,
  body: Effect.Effect<void, E, DeadLetters | TemporaryDirectory>,
  options: Parameters<typeof file>[0] = {}
) => it.live(name, () => body.pipe(Effect.provide(file(options)), Effect.provide(layer)))

describe("DeadLetterFile", () => {
  law(
    "a letter is safe only when the disk has it, and interruption waits for that",
    Effect.gen(function* () {
      const deadLetters = yield* DeadLetters
      const sync = yield* fileFaults.slowSync
      const keeping = yield* Effect.forkChild(deadLetters.keep([messageLetter("a")]))
      yield* sync.begun
      assert.isUndefined(keeping.pollUnsafe())
      const interruption = yield* Effect.forkChild(Fiber.interrupt(keeping))
      yield* sync.finish
      yield* Fiber.join(interruption)
      assert.deepStrictEqual(yield* ids, ["a"])
    }).pipe(Effect.scoped)
  )

  law(
    "only its owner may read it",
    Effect.gen(function* () {
      yield* (yield* DeadLetters).keep([messageLetter("a")])
      const path = join(yield* TemporaryDirectory, "dead-letters.ndjson")
      assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o777, 0o600)
    })
  )

  law(
    "a full disk takes nothing of a letter, says so, and takes it once when there is room again",
    Effect.gen(function* () {
      const deadLetters = yield* DeadLetters
      yield* deadLetters.keep([messageLetter("a")])
      const disk = yield* fileFaults.smallDisk(20)
      const { reason } = yield* Effect.flip(deadLetters.keep([messageLetter("b")]))
      assert.include(reason.detail, "the disk is full; free some space (ENOSPC)")
      assert.deepStrictEqual(yield* ids, ["a"])
      disk.free(1000)
      yield* deadLetters.keep([messageLetter("b")])
      assert.deepStrictEqual(yield* ids, ["a", "b"])
    }).pipe(Effect.scoped)
  )

  law(
    "nothing that nobody has seen is overwritten: when there is no more room, it says what to do",
    Effect.gen(function* () {
      const deadLetters = yield* DeadLetters
      yield* deadLetters.keep([messageLetter("a")])
      const { reason } = yield* Effect.flip(deadLetters.keep([messageLetter("b")]))
      assert.include(reason.detail, "deadLetter.maxKeptBytes")
      assert.include(reason.detail, "s3beat redrive")
      const path = join(yield* TemporaryDirectory, "dead-letters.ndjson")
      yield* Effect.promise(() => unlink(path))
      yield* deadLetters.keep([messageLetter("b")])
      assert.deepStrictEqual(yield* ids, ["b"])
    }),
    { maxBytes: 400 }
  )

  law(
    "a second s3beat may not write to the same directory",
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(Effect.provide(DeadLetters, Layer.fresh(file())))
      assert.include(reason.detail, "another s3beat writes these files")
    })
  )
})
