import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as fc from "fast-check"
import type { EventBatch } from "../../src/domain/EventBatch.ts"
import * as EventBatches from "../../src/domain/EventBatch.ts"
import { EventsRejected } from "../../src/output/Output.ts"
import { Publisher } from "../../src/output/Publisher.ts"
import { Identities } from "../../src/credentials/Identities.ts"
import * as DeadLettersNone from "../../src/deadletter/DeadLettersNone.ts"
import { answer } from "../../src/workers/answer.ts"
import type { SharedEvents } from "../../src/workers/protocol.ts"
import { checkProperty } from "../support/checkProperty.ts"

/** Refuses events that say so, and keeps the others. */
const refusing = (kept: Array<string>) =>
  Publisher.of({
    publish: (batch: EventBatch) =>
      Effect.suspend(() => {
        const texts = Array.from(EventBatches.events(batch), (event) => Buffer.from(event).toString())
        const events = texts.flatMap((text, index) => (text.startsWith("bad") ? [{ index, detail: text }] : []))
        kept.push(...texts.filter((text) => !text.startsWith("bad")))
        return events.length === 0 ? Effect.void : new EventsRejected({ events })
      })
  })

const partOf = (texts: ReadonlyArray<string>): SharedEvents => ({
  bytes: Buffer.from(texts.map((text) => `${text}\n`).join("")),
  ends: Uint32Array.from(texts, (_, i) => texts.slice(0, i + 1).join("").length + i + 1)
})

const nobody = Layer.succeed(
  Identities,
  Identities.of({ base: { name: "nobody", keys: Effect.never, refresh: () => Effect.never }, assumed: [] })
)

describe("answer", () => {
  it.effect("of events that are published in parts, those that are refused are told as of one batch", () => {
    const text = fc.tuple(fc.constantFrom("good", "good", "bad"), fc.nat()).map(([word, i]) => `${word} ${i}`)
    const parts = fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 })
    return checkProperty(parts, (parts) =>
      Effect.gen(function* () {
        const kept: Array<string> = []
        const services = Layer.mergeAll(nobody, DeadLettersNone.layer, Layer.succeed(Publisher, refusing(kept)))
        const answered = yield* Effect.provide(answer({ _tag: "Publish", parts: parts.map(partOf) }), services)
        const all = parts.flat()
        const bad = all.flatMap((text, index) => (text.startsWith("bad") ? [{ index, detail: text }] : []))
        assert.deepStrictEqual(
          answered,
          bad.length === 0
            ? { _tag: "Done" }
            : { _tag: "Failed", error: Schema.encodeSync(EventsRejected)(new EventsRejected({ events: bad })) }
        )
        assert.deepStrictEqual(
          kept,
          all.filter((text) => !text.startsWith("bad"))
        )
      })
    )
  })
})
