import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fc from "fast-check"
import * as ChunkMemory from "../../src/decode/ChunkMemory.ts"
import { throughStages } from "../../src/decode/chunks.ts"
import { gather } from "../../src/decode/gather.ts"
import { checkProperty } from "../support/checkProperty.ts"

const chunks = fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 12 })

const gathered = (body: Stream.Stream<Uint8Array>, minBytes: number) =>
  throughStages(body, (pull) => gather(pull, minBytes, ChunkMemory.make()))

describe("gather", () => {
  it.effect("the bytes stay the same, and every chunk but the last has the size that is asked for", () =>
    checkProperty(fc.tuple(chunks, fc.integer({ min: 1, max: 12 })), ([chunks, minBytes]) =>
      Effect.gen(function* () {
        const all = yield* Stream.runCollect(gathered(Stream.fromIterable(chunks), minBytes))
        assert.deepStrictEqual(Buffer.concat(all), Buffer.concat(chunks))
        assert.isTrue(all.slice(0, -1).every((chunk) => chunk.length >= minBytes))
        assert.isTrue(all.every((chunk) => chunk.length > 0))
      })
    )
  )

  it.effect("a chunk that is large enough is handed on as it is", () =>
    Effect.gen(function* () {
      const chunk = new Uint8Array(10)
      const all = yield* Stream.runCollect(gathered(Stream.make(chunk, new Uint8Array(1)), 10))
      assert.strictEqual(all[0], chunk)
    })
  )
})
