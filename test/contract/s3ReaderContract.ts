/**
 * What every `S3Reader` promises, whatever is behind it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, type Layer, Schedule, Stream } from "effect"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import { S3Reader, type S3ReaderError } from "../../src/reader/S3Reader.ts"
import { Fault, type S3ReaderMemory } from "../../src/testing/S3ReaderMemory.ts"
import { bytesFrom } from "../support/bytesFrom.ts"

/** The far side of the reader under test: objects to put there, and what may go wrong with them. */
export class S3World extends Context.Service<
  S3World,
  Pick<S3ReaderMemory["Service"], "put" | "remove" | "fail" | "openNow">
>()("s3beat/test/S3World") {}

const read = Effect.fnUntraced(function* (ref: ObjectRef) {
  const reader = yield* S3Reader
  const object = yield* reader.open(ref)
  const chunks = yield* Stream.runCollect(object.body)
  const bytes = Buffer.concat(chunks)
  if (object.bytes !== undefined) assert.isTrue(bytes.equals(object.bytes), "what came at once is all of the body")
  return { ref: object.ref, bytes, chunks }
}, Effect.scoped)

const reasonOf = <A, R>(effect: Effect.Effect<A, S3ReaderError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

const sizes = [0, 1, 2, 1023, 65_536, 65_537, 300_001]

const strangeKeys = [
  "a b+c%20d%2Bé",
  "日志/2026/🪵.json.gz",
  "../../etc/passwd",
  "a/./b/../c",
  "/leading//and/double/",
  "query?versionId=1&x=y#fragment",
  "%00\u0001\u007f",
  "'()*!~@:;,$=[]{}|\\^`\"<>"
]

/**
 * The laws of the port, run against `layer`. Not every store behind it keeps versions.
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<S3Reader | S3World, E>,
  { keepsVersions }: { readonly keepsVersions: boolean } = { keepsVersions: true }
): void => {
  describe(`S3Reader: ${name}`, () => {
    it.live.each(sizes)("an object of %i bytes arrives as it is stored", (size) =>
      Effect.gen(function* () {
        const world = yield* S3World
        const stored = bytesFrom(size)
        const { bytes, chunks } = yield* read(yield* world.put({ bucket: "logs", key: `size-${size}` }, stored))
        assert.isTrue(bytes.equals(stored))
        assert.isTrue(chunks.every((chunk) => chunk.byteLength > 0))
      }).pipe(Effect.provide(layer))
    )

    it.live("gzipped bytes arrive gzipped", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const stored = Buffer.from("1f8b08000000000000034b4c4a06002e8e0de603000000", "hex")
        const { bytes } = yield* read(yield* world.put({ bucket: "logs", key: "log.gz" }, stored))
        assert.isTrue(bytes.equals(stored))
      }).pipe(Effect.provide(layer))
    )

    it.live("the opened ref is completed by what S3 says", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const put = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(10))
        const { ref } = yield* read({ bucket: "logs", key: "log", region: put.region })
        assert.deepStrictEqual(ref, put)
      }).pipe(Effect.provide(layer))
    )

    it.live("an object that was overwritten before it is opened is read as it is now, and says so in its ETag", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const announced = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(10, 1))
        const now = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(20, 2))
        const { bytes, ref } = yield* read(announced)
        assert.strictEqual(ref.eTag, now.eTag)
        assert.strictEqual(ref.size, 20)
        assert.isTrue(bytes.equals(bytesFrom(20, 2)))
      }).pipe(Effect.provide(layer))
    )

    if (keepsVersions) {
      it.live("the version that is named is read, not the newest", () =>
        Effect.gen(function* () {
          const world = yield* S3World
          const first = yield* world.put({ bucket: "logs", key: "log", versionId: "v1" }, bytesFrom(10, 1))
          yield* world.put({ bucket: "logs", key: "log", versionId: "v2" }, bytesFrom(10, 2))
          const { bytes, ref } = yield* read(first)
          assert.strictEqual(ref.versionId, "v1")
          assert.isTrue(bytes.equals(bytesFrom(10, 1)))
        }).pipe(Effect.provide(layer))
      )
    }

    it.live.each(strangeKeys)("the key %j names exactly one object", (key) =>
      Effect.gen(function* () {
        const world = yield* S3World
        yield* Effect.forEach(strangeKeys, (other) => world.put({ bucket: "logs", key: other }, Buffer.from(other)))
        const { bytes } = yield* read({ bucket: "logs", key, region: "us-east-1" })
        assert.strictEqual(bytes.toString(), key)
      }).pipe(Effect.provide(layer))
    )

    it.live("a key that is not there is missing, and the error names the object", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const ref = yield* world.put({ bucket: "logs", key: "gone" }, bytesFrom(1))
        yield* world.remove(ref)
        const error = yield* Effect.flip(read(ref))
        assert.strictEqual(error.reason._tag, "ObjectMissing")
        assert.include(error.message, "s3://logs/gone")
      }).pipe(Effect.provide(layer))
    )

    it.live("a bucket that is not there is told from a key that is not there", () =>
      Effect.gen(function* () {
        const reason = yield* reasonOf(read({ bucket: "nowhere", key: "log", region: "us-east-1" }))
        assert.strictEqual(reason._tag, "BucketMissing")
      }).pipe(Effect.provide(layer))
    )

    it.live("a refusal is named as such", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const ref = yield* world.put({ bucket: "logs", key: "secret" }, bytesFrom(1))
        yield* world.fail(ref, Fault.AccessDenied())
        assert.strictEqual((yield* reasonOf(read(ref)))._tag, "AccessDenied")
      }).pipe(Effect.provide(layer))
    )

    it.live("a token that stays expired is named as such", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const ref = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(1))
        yield* world.fail(ref, Fault.CredentialsExpired())
        assert.strictEqual((yield* reasonOf(read(ref)))._tag, "CredentialsExpired")
      }).pipe(Effect.provide(layer))
    )

    it.live("a request that is not answered at first is sent again, and counted", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const ref = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(100))
        yield* world.fail(ref, Fault.Unavailable({ times: 2 }))
        const { strains } = yield* S3Reader
        const before = yield* strains
        const { bytes } = yield* read(ref)
        assert.isTrue(bytes.equals(bytesFrom(100)))
        assert.strictEqual((yield* strains) - before, 2)
      }).pipe(Effect.provide(layer))
    )

    it.live.each([[[0]], [[1]], [[65_536]], [[99_999]], [[1, 2, 3]], [[0, 40_000, 40_001, 99_999]]])(
      "a body that is cut off at %j is resumed without a byte missing or doubled",
      ([at]) =>
        Effect.gen(function* () {
          const world = yield* S3World
          const stored = bytesFrom(100_000)
          const ref = yield* world.put({ bucket: "logs", key: "log" }, stored)
          yield* world.fail(ref, Fault.BodyCut({ at: at ?? [] }))
          const { bytes } = yield* read(ref)
          assert.isTrue(bytes.equals(stored))
        }).pipe(Effect.provide(layer))
    )

    it.live("an object that is overwritten while it is read fails, and its versions are never mixed", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const reader = yield* S3Reader
        const ref = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(100_000, 1))
        yield* world.fail(ref, Fault.BodyCut({ at: [50_000] }))
        const object = yield* reader.open(ref)
        yield* world.put(ref, bytesFrom(100_000, 2))
        const seen: Array<Uint8Array> = []
        const reason = yield* reasonOf(Stream.runForEach(object.body, (chunk) => Effect.sync(() => seen.push(chunk))))
        assert.strictEqual(reason._tag, "BodyInterrupted")
        assert.include(reason.detail, "overwritten")
        const bytes = Buffer.concat(seen)
        assert.isTrue(bytes.equals(bytesFrom(100_000, 1).subarray(0, bytes.byteLength)))
      }).pipe(Effect.scoped, Effect.provide(layer))
    )

    it.live("an object that is deleted while it is read is missing", () =>
      Effect.gen(function* () {
        const world = yield* S3World
        const reader = yield* S3Reader
        const ref = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(100_000))
        yield* world.fail(ref, Fault.BodyCut({ at: [50_000] }))
        const object = yield* reader.open(ref)
        yield* world.remove(ref)
        assert.strictEqual((yield* reasonOf(Stream.runDrain(object.body)))._tag, "ObjectMissing")
      }).pipe(Effect.scoped, Effect.provide(layer))
    )

    it.live.each(["never read", "read in part", "read to its end"])(
      "an object that was %s is let go of with its scope",
      (how) =>
        Effect.gen(function* () {
          const world = yield* S3World
          const reader = yield* S3Reader
          const ref = yield* world.put({ bucket: "logs", key: "log" }, bytesFrom(8_000_000))
          yield* Effect.scoped(
            Effect.gen(function* () {
              const { body } = yield* reader.open(ref)
              if (how === "read in part") yield* Stream.runDrain(Stream.take(body, 1))
              if (how === "read to its end") yield* Stream.runDrain(body)
              if (how === "never read") assert.strictEqual(yield* world.openNow, 1)
            })
          )
          yield* world.openNow.pipe(
            Effect.repeat({ until: (open) => open === 0, schedule: Schedule.spaced("5 millis") }),
            Effect.timeout("5 seconds")
          )
        }).pipe(Effect.provide(layer))
    )
  })
}
