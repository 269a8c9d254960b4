import { assert, describe, it, vi } from "@effect/vitest"
import { Clock, Effect, Stream } from "effect"
import * as fc from "fast-check"
import { events as textsOf } from "../../src/domain/EventBatch.ts"
import { LineBatch } from "../../src/decode/LineBatch.ts"
import { beginDecoding, type Body, isWhole } from "../../src/decode/decodeObject.ts"
import { makeEventEncoder } from "../../src/encode/EventEncoder.ts"
import { shipRecords } from "../../src/pipeline/shipRecords.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { gzipSync, zstdCompressSync } from "node:zlib"

const limits = { maxRecordBytes: 1_000_000, maxObjectBytes: 1_000_000, maxExpansionRatio: 1000, isTransient: true }

const encoder = makeEventEncoder({
  beatName: "s3beat",
  version: "1.2.3",
  fullyQualifiedBeatName: "s3beat_prod",
  fieldsUnderRoot: false,
  tags: []
})

/** The events of an object, and whether its records came all at once. */
const ship = (object: Body<never>, concurrency: number) =>
  Effect.gen(function* () {
    const shipped: Array<string> = []
    const records = yield* beginDecoding(object, limits)
    const count = yield* shipRecords(records, {
      encoder: encoder.forObject({ bucket: "logs", key: "a", region: "us-east-1" }),
      clock: yield* Clock.Clock,
      concurrency,
      ship: ({ events }) =>
        Effect.sync(() => {
          for (const event of textsOf(events)) shipped.push(Buffer.from(event).toString())
        })
    })
    assert.strictEqual(count, shipped.length)
    return { isWhole: isWhole(records), shipped }
  }).pipe(Effect.scoped)

const streamed = (stored: Uint8Array): Body<never> => ({ body: Stream.succeed(stored) })

/** As of a small object whose bytes came along: nobody is to run the body then. */
const there = (bytes: Uint8Array): Body<never> => ({ body: Stream.die("the body was run"), bytes })

describe("shipRecords", () => {
  it.effect(
    "an object becomes the same events, whether its records come all at once or are pulled, by however many",
    () =>
      checkProperty(fc.array(fc.string({ minLength: 1, unit: "binary" }), { minLength: 1 }), (lines) =>
        Effect.gen(function* () {
          const log = Buffer.from(lines.join("\n"))
          const whole = yield* ship(streamed(gzipSync(log)), 1)
          assert.isTrue(whole.isWhole)
          assert.deepStrictEqual(yield* ship(there(gzipSync(log)), 1), whole)
          for (const concurrency of [1, 4]) {
            const pulled = yield* ship(streamed(zstdCompressSync(log)), concurrency)
            assert.deepStrictEqual(pulled, { ...whole, isWhole: false })
          }
        })
      )
  )

  it.effect("of an object that cannot be read to its end, what waits is given up", () =>
    Effect.gen(function* () {
      const real = encoder.forObject({ bucket: "logs", key: "a", region: "us-east-1" })
      const discard = vi.spyOn(real, "discard")
      const batches = [new LineBatch(Buffer.from("one\ntwo"), 0)].values()
      const records = Effect.suspend(() => {
        const { value } = batches.next()
        return value === undefined ? Effect.fail("cut off") : Effect.succeed(value)
      })
      const failure = yield* shipRecords(records, {
        encoder: real,
        clock: yield* Clock.Clock,
        concurrency: 2,
        ship: () => Effect.die("nothing was to be shipped")
      }).pipe(Effect.flip)
      assert.strictEqual(failure, "cut off")
      assert.lengthOf(discard.mock.calls, 1)
      assert.isUndefined(real.flush())
    })
  )

  it.effect("an object without a byte becomes no event", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* ship(streamed(new Uint8Array(0)), 4)).shipped, [])
    })
  )
})
