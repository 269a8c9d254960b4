/**
 * What every `DeadLetters` promises, whatever is behind it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer } from "effect"
import type { DeadLetter } from "../../src/deadletter/DeadLetter.ts"
import { DeadLetters } from "../../src/deadletter/DeadLetters.ts"
import { eventLetter, messageLetter } from "../support/deadLetter.ts"

/** What a redrive depends on: everything else is for people, and may be shortened. */
const essence = (letter: DeadLetter) => ({
  kind: letter.kind,
  reason: letter.reason,
  queue: letter.queue,
  messageId: letter.messageId,
  attempts: letter.attempts,
  content: letter.kind === "message" ? letter.body : letter.event
})

const keep = (...letters: ReadonlyArray<DeadLetter>) =>
  Effect.flatMap(DeadLetters, (deadLetters) => deadLetters.keep(letters))

/** The laws of the port. **Shape** `readBack` is all that it has kept; the layer is new for each test. */
export const suite = <R, E>(
  name: string,
  layer: Layer.Layer<DeadLetters | R, E>,
  readBack: Effect.Effect<ReadonlyArray<DeadLetter>, unknown, R>
): void => {
  const law = <E2>(title: string, body: Effect.Effect<void, E2, DeadLetters | R>) =>
    it.live(title, () => Effect.provide(body, layer))

  describe(`DeadLetters: ${name}`, () => {
    law(
      "what was kept can be read back at once, whole",
      Effect.gen(function* () {
        const letters = [messageLetter("a"), eventLetter("b")]
        yield* keep(...letters)
        const kept = yield* readBack
        assert.sameDeepMembers(kept.map(essence), letters.map(essence))
        assert.sameMembers(
          kept.map(({ detail, object }) => `${detail} ${object}`),
          letters.map(({ detail, object }) => `${detail} ${object}`)
        )
        assert.deepStrictEqual(new Set(kept.map(({ at }) => at)), new Set(["2026-01-02T03:04:05.678Z"]))
      })
    )

    law(
      "a content is kept to the letter: quotes, line ends of every kind, other scripts",
      Effect.gen(function* () {
        const content = `{"a":"\\" \\\\ ü 日志"}\r\n\t\u2028 \u0085 end `
        const letters = [messageLetter("a", { body: content }), eventLetter("b", { event: content })]
        yield* keep(...letters)
        assert.sameDeepMembers((yield* readBack).map(essence), letters.map(essence))
      })
    )

    law(
      "hostile names keep nothing from being kept: control characters, lone surrogates, megabytes",
      Effect.gen(function* () {
        const names = ["\u0000\u001b[31m\uffff", "\ud800 alone", "k".repeat(2_000_000), ""]
        const letters = names.map((object, i) => messageLetter(`${i}`, { object, detail: object }))
        for (const letter of letters) yield* keep(letter)
        assert.sameDeepMembers((yield* readBack).map(essence), letters.map(essence))
      })
    )

    law(
      "letters that come at the same time are all kept, each once",
      Effect.gen(function* () {
        const ids = Array.from({ length: 60 }, (_, i) => `id-${i}`)
        yield* Effect.forEach(ids, (id) => keep(messageLetter(id), eventLetter(id)), {
          concurrency: "unbounded",
          discard: true
        })
        const kept = (yield* readBack).map(({ kind, messageId }) => `${kind} ${messageId}`)
        assert.sameMembers(
          kept,
          ids.flatMap((id) => [`message ${id}`, `event ${id}`])
        )
      })
    )

    law(
      "a letter that is kept twice is known by its message's id",
      Effect.gen(function* () {
        yield* keep(messageLetter("same"))
        yield* keep(messageLetter("same"))
        assert.deepStrictEqual(
          (yield* readBack).map(({ messageId }) => messageId),
          ["same", "same"]
        )
      })
    )

    law(
      "interruption at any time leaves whole letters, and takes the next",
      Effect.gen(function* () {
        for (let patience = 0; patience < 12; patience++) {
          const fiber = yield* Effect.forkChild(keep(messageLetter("given up")))
          for (let i = 0; i < patience; i++) yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
        }
        yield* keep(messageLetter("last"))
        const kept = yield* readBack
        assert.strictEqual(kept.filter(({ messageId }) => messageId === "last").length, 1)
        for (const letter of kept)
          assert.include(
            [messageLetter("given up"), messageLetter("last")].map(({ body }) => body),
            essence(letter).content
          )
      })
    )
  })
}
