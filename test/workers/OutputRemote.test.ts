import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Queue, Schema } from "effect"
import * as fc from "fast-check"
import type { EventBatch } from "../../src/domain/EventBatch.ts"
import { EventsRejected, Output } from "../../src/output/Output.ts"
import { MainThread } from "../../src/workers/MainThread.ts"
import * as OutputRemote from "../../src/workers/OutputRemote.ts"
import type { Answer, Question } from "../../src/workers/protocol.ts"
import { checkProperty } from "../support/checkProperty.ts"

type Publish = Extract<Question, { readonly _tag: "Publish" }>

/** What was asked, and whoever waits for the answer. */
interface Asked {
  readonly question: Publish
  readonly answer: Deferred.Deferred<Answer>
}

/** An output whose main thread answers when the test says so. */
const start = Effect.gen(function* () {
  const asked = yield* Queue.unbounded<Asked>()
  const main = MainThread.of({
    ask: (question) =>
      Effect.gen(function* () {
        if (question._tag !== "Publish") return yield* Effect.die(question)
        const answer = yield* Deferred.make<Answer>()
        yield* Queue.offer(asked, { question, answer })
        return yield* Deferred.await(answer)
      }),
    tellCounted: () => Effect.void,
    tellDrained: Effect.void,
    drain: Effect.never,
    closed: Effect.never
  })
  const output = yield* Output.pipe(
    Effect.provide(Layer.provide(OutputRemote.layer("console"), Layer.succeed(MainThread, main)))
  )

  /** Publishes, and waits until the main thread has been asked. */
  const begin = Effect.fnUntraced(function* (...batches: ReadonlyArray<EventBatch>) {
    const publishing = yield* Effect.forkChild(Effect.exit(output.publish(batches)))
    return { publishing, ...(yield* Queue.take(asked)) }
  })

  /** The same, with an answer. */
  const finish = Effect.fnUntraced(function* (batches: ReadonlyArray<EventBatch>, answer: Answer) {
    const begun = yield* begin(...batches)
    const text = textOf(begun.question)
    yield* Deferred.succeed(begun.answer, answer)
    return { text, question: begun.question, exit: yield* Fiber.join(begun.publishing) }
  })

  return { begin, finish }
})

const batchOf = (lines: ReadonlyArray<string>, isShared = false): EventBatch => {
  const ends = new Uint32Array(lines.length + 1)
  let at = 0
  for (const [i, line] of lines.entries()) ends[i] = at += Buffer.byteLength(line) + 1
  const own = Buffer.from(lines.map((line) => `${line}\n`).join("") + "not of the batch")
  const bytes = isShared ? new Uint8Array(new SharedArrayBuffer(own.length)) : own
  bytes.set(own)
  return { bytes, count: lines.length, ends }
}

const textOf = ({ parts }: Publish) =>
  parts.flatMap(({ bytes, ends }) => {
    const text = Buffer.from(bytes)
    return Array.from(ends, (end, i) => text.subarray(i === 0 ? 0 : ends[i - 1], end - 1).toString())
  })

const memoryOf = ({ parts }: Publish) => parts.map(({ bytes }) => bytes.buffer)

const done: Answer = { _tag: "Done" }

describe("OutputRemote", () => {
  it.effect("the main thread sees every batch as it is, whatever their sizes", () =>
    Effect.gen(function* () {
      const line = fc.oneof(
        fc.string(),
        fc.nat({ max: 700_000 }).map((length) => "x".repeat(length))
      )
      const lines = fc.array(line, { minLength: 1, maxLength: 4 })
      const publishes = fc.array(fc.array(fc.tuple(lines, fc.boolean()), { minLength: 1, maxLength: 4 }), {
        maxLength: 4
      })
      yield* checkProperty(publishes, (publishes) =>
        Effect.gen(function* () {
          const { finish } = yield* start
          for (const batches of publishes) {
            const { question, text } = yield* finish(
              batches.map(([lines, isShared]) => batchOf(lines, isShared)),
              done
            )
            assert.deepStrictEqual(
              text,
              batches.flatMap(([lines]) => lines)
            )
            assert.isTrue(memoryOf(question).every((memory) => memory instanceof SharedArrayBuffer))
          }
        })
      )
    })
  )

  it.effect("events that both threads see already are not copied, wherever they stand", () =>
    Effect.gen(function* () {
      const { finish } = yield* start
      const [first, second] = [batchOf(["b", "c"], true), batchOf(["e"], true)]
      const { question } = yield* finish(
        [batchOf(["a"]), first, batchOf(["d"]), second, batchOf(["f"]), batchOf(["g"])],
        done
      )
      const [a, bc, d, e, fg] = memoryOf(question)
      assert.deepStrictEqual([bc, e], [first.bytes.buffer, second.bytes.buffer])
      assert.deepStrictEqual([d, fg], [a, a])
      assert.deepStrictEqual(textOf(question), ["a", "b", "c", "d", "e", "f", "g"])
    })
  )

  it.effect("the memory that both threads see is used again once it is acknowledged", () =>
    Effect.gen(function* () {
      const { finish } = yield* start
      const first = yield* finish([batchOf(["a"])], done)
      const second = yield* finish([batchOf(["b"])], done)
      assert.deepStrictEqual(memoryOf(second.question), memoryOf(first.question))
    })
  )

  it.effect("batches that are on their way at a time never lie in the same memory", () =>
    Effect.gen(function* () {
      const { begin, finish } = yield* start
      yield* finish([batchOf(["before"])], done)
      const underway = yield* Effect.forEach(["a", "b", "c"], (text) => begin(batchOf([text])))
      assert.deepStrictEqual(
        underway.flatMap(({ question }) => textOf(question)),
        ["a", "b", "c"]
      )
      assert.strictEqual(new Set(underway.flatMap(({ question }) => memoryOf(question))).size, 3)
      for (const { answer } of underway) yield* Deferred.succeed(answer, done)
      for (const { publishing } of underway) yield* Fiber.join(publishing)
    })
  )

  it.effect("memory is not written again after a batch that was interrupted or not acknowledged whole", () =>
    Effect.gen(function* () {
      const { begin, finish } = yield* start
      const interrupted = yield* begin(batchOf(["interrupted"]))
      yield* Fiber.interrupt(interrupted.publishing)
      const error = Schema.encodeSync(EventsRejected)(new EventsRejected({ events: [{ index: 0, detail: "no" }] }))
      const rejected = yield* finish([batchOf(["rejected"])], { _tag: "Failed", error })
      assert.strictEqual(rejected.exit._tag, "Failure")
      yield* finish([batchOf(["acknowledged"])], done)
      assert.deepStrictEqual(textOf(interrupted.question), ["interrupted"])
      assert.deepStrictEqual(textOf(rejected.question), ["rejected"])
    })
  )
})
