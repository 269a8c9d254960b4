/**
 * What every `Output` promises, whatever is behind it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer } from "effect"
import { Output } from "../../src/output/Output.ts"
import { eventBatch, ndjsonOf } from "../support/eventBatch.ts"

/**
 * The laws of the port, run against `layer`.
 *
 * **Shape** `readBack` is all that the output has taken, as NDJSON, as its reader sees it; the layer is new for each test.
 */
export const suite = <R, E>(
  name: string,
  layer: Layer.Layer<Output | R, E>,
  readBack: Effect.Effect<string, never, R>
): void => {
  describe(`Output: ${name}`, () => {
    it.live("an acknowledged batch can be read back, as it is and at once", () =>
      Effect.gen(function* () {
        const output = yield* Output
        yield* output.publish([eventBatch(`{"a":1}`, `{"b":"ü🪵"}`)])
        assert.strictEqual(yield* readBack, ndjsonOf(`{"a":1}`, `{"b":"ü🪵"}`))
      }).pipe(Effect.provide(layer))
    )

    it.live("batches of any size that are published together stand one behind the other", () =>
      Effect.gen(function* () {
        const output = yield* Output
        const texts = [1, 400_000, 20, 1_500_000, 3, 300_000, 300_000, 300_000, 7].map((size, i) => [
          `{"batch":${i}}`,
          JSON.stringify({ batch: i, message: "x".repeat(size) })
        ])
        yield* output.publish(texts.map((batch) => eventBatch(...batch)))
        assert.isTrue((yield* readBack) === ndjsonOf(...texts.flat()))
      }).pipe(Effect.provide(layer))
    )

    it.live("batches that are published one after another stand in that order", () =>
      Effect.gen(function* () {
        const output = yield* Output
        const texts = Array.from({ length: 50 }, (_, i) => [`{"batch":${i},"event":0}`, `{"batch":${i},"event":1}`])
        yield* Effect.forEach(texts, (batch) => output.publish([eventBatch(...batch)]), { discard: true })
        assert.strictEqual(yield* readBack, ndjsonOf(...texts.flat()))
      }).pipe(Effect.provide(layer))
    )

    it.live("batches that are published at the same time, as many as it takes, are not mixed", () =>
      Effect.gen(function* () {
        const output = yield* Output
        const batches = Array.from({ length: 24 }, (_, batch) =>
          Array.from({ length: 40 }, (_, event) => `{"batch":${batch},"event":${event}}`)
        )
        yield* Effect.forEach(batches, (batch) => output.publish([eventBatch(...batch)]), {
          concurrency: output.concurrency,
          discard: true
        })
        const lines = (yield* readBack).split("\n").slice(0, -1)
        assert.lengthOf(lines, 24 * 40)
        const inOrder = Array.from({ length: 24 }, (_, i) => lines.slice(i * 40, (i + 1) * 40).join("\n"))
        assert.sameMembers(
          inOrder,
          batches.map((batch) => batch.join("\n"))
        )
      }).pipe(Effect.provide(layer))
    )

    it.live("an event of several megabytes arrives whole", () =>
      Effect.gen(function* () {
        const output = yield* Output
        const giant = JSON.stringify({ message: "0123456789abcdef".repeat(300_000) })
        yield* output.publish([eventBatch(`{"before":1}`, giant, `{"after":1}`)])
        assert.isTrue((yield* readBack) === ndjsonOf(`{"before":1}`, giant, `{"after":1}`))
      }).pipe(Effect.provide(layer))
    )

    it.live("interruption at any time leaves whole lines, and takes the next batch", () =>
      Effect.gen(function* () {
        const output = yield* Output
        for (let patience = 0; patience < 20; patience++) {
          const fiber = yield* Effect.forkChild(
            output.publish([eventBatch(`{"given":"up"}`, `{"patience":${patience}}`)])
          )
          for (let i = 0; i < patience; i++) yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
        }
        yield* output.publish([eventBatch(`{"last":1}`)])
        const lines = (yield* readBack).split("\n").slice(0, -1)
        for (const line of lines) JSON.parse(line)
        assert.strictEqual(lines.at(-1), `{"last":1}`)
        assert.strictEqual(lines.filter((line) => line.includes("given")).length, (lines.length - 1) / 2)
      }).pipe(Effect.provide(layer))
    )
  })
}
