import { assert, describe, it } from "@effect/vitest"
import { appendFile, stat } from "node:fs/promises"
import { Context, Effect, Exit, Fiber, Layer } from "effect"
import * as fc from "fast-check"
import { FileTurns } from "../../src/output/FileTurns.ts"
import * as FileTurnsShared from "../../src/output/FileTurnsShared.ts"
import { Output } from "../../src/output/Output.ts"
import * as UndoRecord from "../../src/output/UndoRecord.ts"
import * as contract from "../contract/outputContract.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { eventBatch, ndjsonOf } from "../support/eventBatch.ts"
import * as fileFaults from "../support/fileFaults.ts"
import { allText, layer, pathOf, read, texts, write, writerOf } from "../support/fileOutputWorld.ts"

contract.suite(
  "file, as a worker writes to it",
  Layer.provideMerge(
    Layer.suspend(() => writerOf(FileTurnsShared.make(2), 1)),
    layer
  ),
  allText
)

const WRITERS = 3

/** Some threads' outputs, on the same files. */
const writers = Effect.fnUntraced(function* (options: Parameters<typeof writerOf>[2] = {}) {
  const files = FileTurnsShared.make(WRITERS + 1)
  const outputs = yield* Effect.forEach(Array.from({ length: WRITERS }).keys(), (place) =>
    Effect.map(Layer.build(writerOf(files, place, options)), (context) => Context.get(context, Output))
  )
  /** A turn of somebody else. */
  const during = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(FileTurns, (turns) => turns.during(effect)).pipe(
      Effect.provide(FileTurnsShared.layer(files, WRITERS))
    )
  const [first, second] = outputs
  assert.isDefined(first)
  assert.isDefined(second)
  return { files, outputs, first, second, during }
})

const line = fc.integer({ min: 1, max: 60 }).map((size) => "x".repeat(size))
const batch = fc.array(line, { minLength: 1, maxLength: 5 })

describe("FileOutput: several writers", () => {
  it.live(
    "every batch stands in one file as a whole, and no file is too large but for a single batch",
    () =>
      checkProperty(
        fc.tuple(fc.array(batch, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 300 })),
        ([batches, rotateEveryBytes]) =>
          Effect.gen(function* () {
            const { outputs } = yield* writers({ rotateEveryBytes, numberOfFiles: 1000 })
            const named = batches.map((lines, i) => lines.map((line) => `${i}:${line}`))
            yield* Effect.forEach(
              named,
              (lines, i) => outputs[i % WRITERS]?.publish([eventBatch(...lines)]) ?? Effect.die(i),
              {
                concurrency: "unbounded"
              }
            )
            const files = yield* texts
            const expected = named.map((lines) => ndjsonOf(...lines))
            const found = files.flatMap((text) => text.match(/(\d+):x+\n(?:\1:x+\n)*/gu) ?? [])
            assert.deepStrictEqual(found.toSorted(), expected.toSorted())
            for (const text of files) {
              if (text.length > rotateEveryBytes) assert.include(expected, text)
            }
          }).pipe(Effect.scoped, Effect.provide(Layer.fresh(layer))),
        { numRuns: 40 }
      ),
    120_000
  )

  it.live("one that has rotated the files is followed by the others", () =>
    Effect.gen(function* () {
      const { first, second } = yield* writers({ rotateEveryBytes: 20 })
      yield* first.publish([eventBatch("1 before rotation")])
      yield* second.publish([eventBatch("2 rotates")])
      yield* first.publish([eventBatch("3 follows")])
      yield* first.publish([eventBatch("4 rotates again")])
      assert.deepStrictEqual(yield* texts, ["1 before rotation\n", "2 rotates\n3 follows\n", "4 rotates again\n"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("what one could not write and could not take back, the next one takes back", () =>
    Effect.gen(function* () {
      const { first, second } = yield* writers()
      yield* first.publish([eventBatch("first")])
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* fileFaults.failingSyncs(1)
          yield* fileFaults.failingTruncates(1)
          assert.isTrue(Exit.isFailure(yield* Effect.exit(first.publish([eventBatch("failed")]))))
        })
      )
      assert.strictEqual(yield* read("s3beat.ndjson"), ndjsonOf("first", "failed"))
      yield* second.publish([eventBatch("second")])
      yield* first.publish([eventBatch("third")])
      assert.strictEqual(yield* read("s3beat.ndjson"), ndjsonOf("first", "second", "third"))
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("what one was writing when its thread ended is gone, and the others go on", () =>
    Effect.gen(function* () {
      const { during, files, first, second } = yield* writers()
      yield* first.publish([eventBatch("first")])
      const path = yield* pathOf("s3beat.ndjson")
      const ending = yield* Effect.forkChild(
        during(
          Effect.promise(async () => {
            const { ino, size } = await stat(path, { bigint: true })
            UndoRecord.begin(files.undo, ino, Number(size))
            await appendFile(path, ndjsonOf("whole line of a batch") + "and not all of th")
          }).pipe(Effect.andThen(Effect.never))
        ),
        { startImmediately: true }
      )
      const publishing = yield* Effect.forkChild(second.publish([eventBatch("second")]), { startImmediately: true })
      while (!(yield* read("s3beat.ndjson")).endsWith("th")) yield* Effect.sleep("1 millis")
      assert.isUndefined(publishing.pollUnsafe())
      yield* FileTurnsShared.ended(files, WRITERS)
      yield* Fiber.join(publishing)
      assert.strictEqual(yield* read("s3beat.ndjson"), ndjsonOf("first", "second"))
      yield* Fiber.interrupt(ending)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("one that starts while another writes waits for its turn, and cuts nothing off", () =>
    Effect.gen(function* () {
      yield* write("s3beat.ndjson", "whole\nnot yet wh")
      const files = FileTurnsShared.make(2)
      const path = yield* pathOf("s3beat.ndjson")
      const { during } = Context.get(yield* Layer.build(FileTurnsShared.layer(files, 0)), FileTurns)
      const starting = yield* during(
        Effect.gen(function* () {
          const starting = yield* Effect.forkScoped(Layer.build(writerOf(files, 1)), { startImmediately: true })
          yield* Effect.sleep("50 millis")
          assert.isUndefined(starting.pollUnsafe())
          yield* Effect.promise(() => appendFile(path, "ole\n"))
          return starting
        })
      )
      yield* Fiber.join(starting)
      assert.strictEqual(yield* read("s3beat.ndjson"), "whole\nnot yet whole\n")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("one that is interrupted while it waits for its turn keeps nobody from it", () =>
    Effect.gen(function* () {
      const files = FileTurnsShared.make(2)
      const turnsOf = (place: number) =>
        Effect.map(Layer.build(FileTurnsShared.layer(files, place)), (context) => Context.get(context, FileTurns))
      const [one, other] = [yield* turnsOf(0), yield* turnsOf(1)]
      const waiting = yield* one.during(
        Effect.gen(function* () {
          const waiting = yield* Effect.forkScoped(other.during(Effect.die("its turn")), { startImmediately: true })
          yield* Fiber.interrupt(waiting)
          return waiting
        })
      )
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(waiting)))
      yield* one.during(Effect.void)
      yield* other.during(Effect.void)
    }).pipe(Effect.scoped)
  )
})
