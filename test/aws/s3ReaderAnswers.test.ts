import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bytesFrom } from "../support/bytesFrom.ts"
import { type Rule, S3Wire } from "../support/S3Wire.ts"
import { log, read, world } from "../support/s3ReaderWorld.ts"

const elsewhere =
  (status: number, code: string): Rule =>
  ({ region }) =>
    region === "eu-west-1" ? undefined : { status, code, headers: { "x-amz-bucket-region": "eu-west-1" } }

describe("S3ReaderAws: regions", () => {
  it.live("an object is read in its bucket's own region", () =>
    Effect.gen(function* () {
      const { put, requests } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* read({ ...log, region: "ap-south-1" })
      assert.deepStrictEqual(
        (yield* requests).map(({ region }) => region),
        ["ap-south-1"]
      )
    }).pipe(Effect.provide(world()))
  )

  it.live.each([
    [301, "PermanentRedirect"],
    [307, "TemporaryRedirect"],
    [400, "AuthorizationHeaderMalformed"]
  ] as const)("on a %i %s the region that AWS tells is taken, and remembered for the bucket", ([status, code]) =>
    Effect.gen(function* () {
      const { put, requests, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(elsewhere(status, code))
      const { ref } = yield* read(log)
      yield* read(log)
      assert.strictEqual(ref.region, "eu-west-1")
      assert.deepStrictEqual(
        (yield* requests).map(({ region }) => region),
        ["us-east-1", "eu-west-1", "eu-west-1"]
      )
    }).pipe(Effect.provide(world()))
  )
})

describe("S3ReaderAws: what S3 answers", () => {
  it.live.each([
    ["NoSuchVersion", 404, "ObjectMissing"],
    ["MethodNotAllowed", 405, "ObjectMissing"],
    ["InvalidObjectState", 403, "AccessDenied"],
    ["KMS.KMSInvalidStateException", 400, "AccessDenied"]
  ] as const)("a version with %s (HTTP %i) is %s", ([code, status, tag]) =>
    Effect.gen(function* () {
      const { rule } = yield* S3Wire
      yield* rule(() => ({ status, code }))
      const { reason } = yield* Effect.flip(read({ ...log, versionId: "v1" }))
      assert.strictEqual(reason._tag, tag)
    }).pipe(Effect.provide(world()))
  )

  it.live("a 404 that is not S3's own never makes an object missing: it is asked for again", () =>
    Effect.gen(function* () {
      const { put, requests, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      let answered = 0
      yield* rule(() => (answered++ === 0 ? { status: 404, code: "", body: "404 page not found" } : undefined))
      yield* read(log)
      assert.strictEqual((yield* requests).length, 2)
    }).pipe(Effect.provide(world()))
  )

  it.live("the version of a bucket whose versioning is suspended is not taken for an identity", () =>
    Effect.gen(function* () {
      const { put, twist } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* twist({ headers: { "x-amz-version-id": "null" } })
      assert.isUndefined((yield* read(log)).ref.versionId)
    }).pipe(Effect.provide(world()))
  )

  it.live("an object that says it is gzip-encoded arrives as the bytes that are stored", () =>
    Effect.gen(function* () {
      const { put, twist } = yield* S3Wire
      yield* put(log, bytesFrom(100))
      yield* twist({ headers: { "content-encoding": "gzip" } })
      assert.isTrue((yield* read(log)).bytes.equals(bytesFrom(100)))
    }).pipe(Effect.provide(world()))
  )

  it.live("a machine whose clock is off signs by the clock of S3 once that has told it", () =>
    Effect.gen(function* () {
      const { put, requests, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(({ headers }) =>
        String(headers["x-amz-date"]).startsWith("20400102T12")
          ? undefined
          : { status: 403, code: "RequestTimeTooSkewed", headers: { date: "Mon, 02 Jan 2040 12:00:00 GMT" } }
      )
      yield* read(log)
      yield* read(log)
      assert.strictEqual((yield* requests).length, 3)
    }).pipe(Effect.provide(world()))
  )
})
