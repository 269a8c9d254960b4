import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Stream } from "effect"
import { S3Reader } from "../../src/reader/S3Reader.ts"
import { Fault, layer, S3ReaderMemory } from "../../src/testing/S3ReaderMemory.ts"
import * as contract from "../contract/s3ReaderContract.ts"
import { bytesFrom } from "../support/bytesFrom.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

contract.suite("in memory", Layer.provideMerge(Layer.effect(contract.S3World, S3ReaderMemory), layer))

const address = { bucket: "logs", key: "log" }

describe("S3ReaderMemory", () => {
  it.effect("a body that always breaks at the same byte is interrupted there, until it is healed", () =>
    Effect.gen(function* () {
      const memory = yield* S3ReaderMemory
      const reader = yield* S3Reader
      const ref = yield* memory.put(address, bytesFrom(100))
      yield* memory.fail(ref, Fault.BodyBroken({ at: 40 }))
      const read = Effect.scoped(Effect.flatMap(reader.open(ref), ({ body }) => Stream.runCollect(body)))
      const { reason } = yield* whileTimePasses(Effect.flip(read))
      assert.strictEqual(reason._tag, "BodyInterrupted")
      assert.include(reason.detail, "after 40 of 100 bytes")
      yield* memory.heal(ref)
      assert.isTrue(Buffer.concat(yield* read).equals(bytesFrom(100)))
    }).pipe(Effect.provide(layer))
  )

  it.effect("a service that stays unavailable is given up after the retries of one call", () =>
    Effect.gen(function* () {
      const memory = yield* S3ReaderMemory
      const reader = yield* S3Reader
      const ref = yield* memory.put(address, bytesFrom(1))
      yield* memory.fail(ref, Fault.Unavailable({ times: Infinity }))
      const { reason } = yield* whileTimePasses(Effect.flip(reader.open(ref)))
      assert.strictEqual(reason._tag, "Unavailable")
      assert.deepStrictEqual(yield* memory.opened, [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("opens take their latency, and are counted", () =>
    Effect.gen(function* () {
      const memory = yield* S3ReaderMemory
      const reader = yield* S3Reader
      const ref = yield* memory.put(address, bytesFrom(1))
      yield* memory.setLatency(Duration.seconds(5))
      const before = yield* Clock.currentTimeMillis
      yield* whileTimePasses(reader.open(ref))
      assert.isAtLeast((yield* Clock.currentTimeMillis) - before, 5000)
      assert.deepStrictEqual(yield* memory.opened, [ref])
      assert.strictEqual(yield* memory.openNow, 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("bodies come in chunks of the size that was set", () =>
    Effect.gen(function* () {
      const memory = yield* S3ReaderMemory
      const reader = yield* S3Reader
      const ref = yield* memory.put(address, bytesFrom(10))
      yield* memory.setChunkSize(4)
      const { body } = yield* reader.open(ref)
      assert.deepStrictEqual(
        (yield* Stream.runCollect(body)).map((chunk) => chunk.byteLength),
        [4, 4, 2]
      )
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
