/**
 * What disks and those who tidy them up do to the output `file`, while messages come over real HTTP.
 */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import * as FileOutput from "../../src/output/FileOutput.ts"
import * as OutputFiles from "../faults/OutputFiles.ts"
import { randomLog } from "../faults/randomLog.ts"
import * as fileFaults from "../support/fileFaults.ts"
import { isQueueEmpty } from "../support/hurry.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

const world = World.publisher.pipe(
  Layer.provide(
    Layer.unwrap(
      Effect.map(TemporaryDirectory, (directory) =>
        FileOutput.layer({
          directory: join(directory, "events"),
          filename: "events",
          rotateEveryBytes: 200_000,
          numberOfFiles: 100,
          permissions: 0o600
        })
      )
    )
  ),
  Layer.provideMerge(World.layerWithoutOutput()),
  Layer.provideMerge(Layer.merge(temporaryDirectory, Logged.layer))
)

/** Nothing is lost, and nothing arrives twice, though the disk does this while logs come in. */
const law = (name: string, trouble: (files: OutputFiles.OutputFiles) => Effect.Effect<void, never, Scope.Scope>) =>
  it.live(
    `${name}: nothing is lost, nothing arrives twice`,
    () =>
      Effect.gen(function* () {
        const books = yield* World.Books
        const files = OutputFiles.make(join(yield* TemporaryDirectory, "events"))
        const random = Pseudorandom.make(1)
        yield* World.start()
        yield* World.upload(randomLog(0, random))
        yield* World.until("the first log is shipped", isQueueEmpty)
        yield* Effect.forkScoped(trouble(files))
        for (let index = 1; index < 12; index++) {
          yield* World.upload(randomLog(index, random))
          yield* Effect.sleep("30 millis")
        }
        yield* World.until("the queue is empty", isQueueEmpty)
        yield* files.eachLine(books.arrived)
        const { altered, duplicated, examples, lost } = books.verdict()
        assert.deepStrictEqual(
          { lost, duplicated, altered },
          { lost: 0, duplicated: 0, altered: 0 },
          examples.join("\n")
        )
      }).pipe(Effect.scoped, Effect.provide(world)),
    40_000
  )

describe("laws of the output file", () => {
  law("the disk is full for a while", () =>
    Effect.gen(function* () {
      const disk = yield* fileFaults.smallDisk(100_000)
      yield* Effect.sleep("2 seconds")
      disk.free(1e9)
    })
  )

  law("the disk reports errors at fsync", () => fileFaults.failingSyncs(2))

  law("the directory cannot be written for a while", (files) =>
    Effect.acquireUseRelease(
      files.block,
      () => Effect.sleep("2 seconds"),
      () => files.unblock
    )
  )

  law("somebody takes the file away again and again", (files) =>
    Effect.forever(Effect.andThen(files.takeAway, Effect.sleep("50 millis")))
  )
})
