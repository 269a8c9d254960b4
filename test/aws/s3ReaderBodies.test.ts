import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { crc32 } from "node:zlib"
import { S3Reader } from "../../src/reader/S3Reader.ts"
import { Fault } from "../../src/testing/S3ReaderMemory.ts"
import { bytesFrom } from "../support/bytesFrom.ts"
import { S3Wire } from "../support/S3Wire.ts"
import { log, only, read, roles, untilClosed, world } from "../support/s3ReaderWorld.ts"
import { turn } from "../support/turn.ts"

const checksumOf = (bytes: Uint8Array) => {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return { "x-amz-checksum-crc32": value.toString("base64") }
}

describe("S3ReaderAws: bodies", () => {
  it.live("bytes that S3 has a right checksum of are read, also when the body was resumed", () =>
    Effect.gen(function* () {
      const { fail, put, twist } = yield* S3Wire
      yield* put(log, bytesFrom(100_000))
      yield* twist({ headers: checksumOf(bytesFrom(100_000)) })
      assert.isTrue((yield* read(log)).bytes.equals(bytesFrom(100_000)))
      yield* fail(log, Fault.BodyCut({ at: [50_000] }))
      assert.isTrue((yield* read(log)).bytes.equals(bytesFrom(100_000)))
    }).pipe(Effect.provide(world()))
  )

  it.live("bytes that S3 has another checksum of fail, and are not asked for again", () =>
    Effect.gen(function* () {
      const { put, requests, twist } = yield* S3Wire
      yield* put(log, bytesFrom(100_000))
      yield* twist({ headers: checksumOf(bytesFrom(100_000, 2)) })
      const { reason } = yield* Effect.flip(read(log))
      assert.strictEqual(reason._tag, "BodyInterrupted")
      assert.include(reason.detail, "Checksum mismatch")
      assert.strictEqual((yield* requests).length, 1)
    }).pipe(Effect.provide(world()))
  )

  it.live("the bytes of a small object come along as it is opened, and what is wrong with them shows then", () =>
    Effect.gen(function* () {
      const { put, twist } = yield* S3Wire
      const reader = yield* S3Reader
      yield* put(log, bytesFrom(1000))
      yield* twist({ headers: checksumOf(bytesFrom(1000)) })
      assert.deepStrictEqual(new Uint8Array((yield* reader.open(log)).bytes ?? []), new Uint8Array(bytesFrom(1000)))
      yield* twist({ headers: checksumOf(bytesFrom(1000, 2)) })
      const { reason } = yield* Effect.flip(reader.open(log))
      assert.strictEqual(reason._tag, "BodyInterrupted")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a body that was resumed is compared as a whole", () =>
    Effect.gen(function* () {
      const { fail, put, twist } = yield* S3Wire
      yield* put(log, bytesFrom(100_000))
      yield* twist({ headers: checksumOf(bytesFrom(100_000, 2)) })
      yield* fail(log, Fault.BodyCut({ at: [50_000] }))
      const { reason } = yield* Effect.flip(read(log))
      assert.strictEqual(reason._tag, "BodyInterrupted")
      assert.include(reason.detail, "Checksum mismatch")
    }).pipe(Effect.provide(world()))
  )

  it.live("a connection that breaks before the body is read harms nobody but itself", () =>
    Effect.gen(function* () {
      const { fail, put, twist } = yield* S3Wire
      const reader = yield* S3Reader
      yield* put(log, bytesFrom(100_000))
      yield* twist({ headers: checksumOf(bytesFrom(100_000)) })
      yield* fail(log, Fault.BodyCut({ at: [1000] }))
      const { body } = yield* reader.open(log)
      yield* untilClosed
      // The client hears of it a few turns later than the server.
      yield* Effect.replicateEffect(turn, 20)
      assert.isTrue(Buffer.concat(yield* Stream.runCollect(body)).equals(bytesFrom(100_000)))
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a body is resumed from the first byte that is missing, by the ETag, as the identity that opened it", () =>
    Effect.gen(function* () {
      const { fail, put, requests, rule } = yield* S3Wire
      const { eTag } = yield* put(log, bytesFrom(100_000))
      yield* rule(only("B"))
      yield* fail(log, Fault.BodyCut({ at: [50_000] }))
      yield* read(log)
      const resumed = (yield* requests).at(-1)
      assert.strictEqual(resumed?.accessKeyId, "B-0")
      assert.strictEqual(resumed?.headers["range"], "bytes=50000-")
      assert.strictEqual(resumed?.headers["if-match"], `"${eTag}"`)
    }).pipe(Effect.provide(world(roles())))
  )

  it.live.each([{ ignoresRange: true }, { ignoresIfMatch: true }])(
    "a service that answers a resumption with %j fails the body instead of splicing it",
    (twist) =>
      Effect.gen(function* () {
        const server = yield* S3Wire
        const reader = yield* S3Reader
        yield* server.put(log, bytesFrom(100_000, 1))
        yield* server.twist(twist)
        yield* server.fail(log, Fault.BodyCut({ at: [10] }))
        const { body } = yield* reader.open(log)
        if (twist.ignoresIfMatch === true) yield* server.put(log, bytesFrom(100_000, 2))
        const seen: Array<Uint8Array> = []
        const { reason } = yield* Effect.flip(Stream.runForEach(body, (chunk) => Effect.sync(() => seen.push(chunk))))
        assert.strictEqual(reason._tag, "BodyInterrupted")
        assert.isTrue(Buffer.concat(seen).equals(bytesFrom(100_000, 1).subarray(0, 10)))
      }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.effect("a connection that falls silent midway is given up after a minute, and the body resumed", () =>
    Effect.gen(function* () {
      const { put, requests, twist } = yield* S3Wire
      const reader = yield* S3Reader
      yield* put(log, bytesFrom(100_000))
      yield* twist({ stallsAt: 30_000 })
      const { body } = yield* reader.open(log)
      const stalled = yield* Deferred.make<void>()
      const seen: Array<Uint8Array> = []
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(body, (chunk) => {
          seen.push(chunk)
          return Buffer.concat(seen).byteLength === 30_000 ? Deferred.succeed(stalled, undefined) : Effect.void
        })
      )
      yield* Deferred.await(stalled)
      yield* twist({})
      yield* turn
      yield* TestClock.adjust("59 seconds")
      yield* turn
      assert.strictEqual((yield* requests).length, 1)
      yield* TestClock.adjust("1 second")
      yield* turn
      yield* TestClock.adjust("1 second")
      while ((yield* requests).length === 1) yield* turn
      yield* Fiber.join(fiber)
      assert.isTrue(Buffer.concat(seen).equals(bytesFrom(100_000)))
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})
