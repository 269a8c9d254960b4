import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { LineBatch } from "../../src/decode/LineBatch.ts"
import { makeEventEncoder } from "../../src/encode/EventEncoder.ts"
import { encodeRecords } from "../../src/pipeline/encodeRecords.ts"

const encoder = makeEventEncoder({
  beatName: "s3beat",
  version: "1.2.3",
  fullyQualifiedBeatName: "s3beat_prod",
  fieldsUnderRoot: false,
  tags: []
})

const object = { bucket: "logs", key: "a", region: "us-east-1" }

const batches = Stream.make(new LineBatch(Buffer.from("one\ntwo"), 0), new LineBatch(Buffer.from("three"), 8))

describe("encodeRecords", () => {
  it.effect("the events of all batches come together, at the end", () =>
    Effect.gen(function* () {
      const encoded = yield* Stream.runCollect(encodeRecords(encoder.forObject(object))(batches))
      assert.deepStrictEqual(
        encoded.map(({ events, recordBytes }) => [events.count, recordBytes]),
        [[3, "one\ntwothree".length]]
      )
    })
  )

  it.effect("a stream that fails gives up what waits", () =>
    Effect.gen(function* () {
      const real = encoder.forObject(object)
      const discard = vi.spyOn(real, "discard")
      const encoded = encodeRecords(real)(Stream.concat(batches, Stream.fail("cut off")))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(encoded)), "cut off")
      assert.lengthOf(discard.mock.calls, 1)
      assert.isUndefined(real.flush())
    })
  )
})
