import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  CredentialsError,
  CredentialsMissing,
  DurationTooLong,
  type Identity
} from "../../src/credentials/Credentials.ts"
import { AccessDenied, Unavailable } from "../../src/domain/reasons.ts"
import { bytesFrom } from "../support/bytesFrom.ts"
import { S3Wire } from "../support/S3Wire.ts"
import { base, log, only, read, refused, roleA, roleB, roles, world } from "../support/s3ReaderWorld.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const keysUsed = Effect.gen(function* () {
  const { requests } = yield* S3Wire
  return (yield* requests).map(({ accessKeyId }) => accessKeyId)
})

const unattainable = (reason: CredentialsError["reason"]): Identity => {
  const error = new CredentialsError({ identity: roleA, reason })
  return { name: roleA, keys: Effect.fail(error), refresh: () => Effect.fail(error) }
}

describe("S3ReaderAws: identities", () => {
  it.live("whoever is refused gives way to the next role, and the one that worked is remembered", () =>
    Effect.gen(function* () {
      const { put, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(only("B"))
      yield* read(log)
      yield* read(log)
      assert.deepStrictEqual(yield* keysUsed, ["A-0", "B-0", "B-0"])
    }).pipe(Effect.provide(world(roles())))
  )

  it.live("when all are refused, each is named with what AWS told it, and with what may be missing", () =>
    Effect.gen(function* () {
      const { put, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(only("NOBODY"))
      const { reason } = yield* Effect.flip(read(log))
      assert.strictEqual(reason._tag, "AccessDenied")
      assert.strictEqual(
        reason.detail,
        `${roleA} was refused: AccessDenied: Access Denied (HTTP 403); ${roleB} was refused: AccessDenied: Access Denied (HTTP 403). ` +
          "Either s3:GetObject is missing, the bucket belongs to another account than 111111111111 or 222222222222, " +
          "or the key is not there and s3:ListBucket is missing."
      )
    }).pipe(Effect.provide(world(roles())))
  )

  it.live("a KMS key that may not be used is told apart, by its ARN", () =>
    Effect.gen(function* () {
      const { put, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      const key = "arn:aws:kms:us-east-1:111111111111:key/1234-abcd"
      yield* rule(() => refused(`User: x is not authorized to perform: kms:Decrypt on resource: ${key} because y`))
      const { reason } = yield* Effect.flip(read(log))
      assert.strictEqual(reason._tag, "AccessDenied")
      assert.include(reason.detail, `needs kms:Decrypt on ${key}, `)
    }).pipe(Effect.provide(world()))
  )

  it.live("an expired token is refreshed once, and the request sent again", () =>
    Effect.gen(function* () {
      const { put, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(({ accessKeyId }) =>
        accessKeyId === "BASE-0" ? { status: 400, code: "ExpiredToken", message: "expired" } : undefined
      )
      yield* read(log)
      assert.deepStrictEqual(yield* keysUsed, ["BASE-0", "BASE-1"])
    }).pipe(Effect.provide(world()))
  )

  it.live("the bucket must belong to the role's account; of the base identity no account is known", () =>
    Effect.gen(function* () {
      const { put, requests, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(only("BASE"))
      yield* read(log)
      const owners = (yield* requests).map(({ headers }) => headers["x-amz-expected-bucket-owner"])
      assert.deepStrictEqual(owners, ["111111111111", "222222222222", undefined])
    }).pipe(Effect.provide(world([...roles(), base()])))
  )

  it.live.each([
    new AccessDenied({ detail: "not trusted" }),
    new DurationTooLong({ detail: "at most 1h" }),
    new CredentialsMissing({ detail: "no keys" })
  ])("a role that cannot be taken on ($_tag) gives way to the next one", (reason) =>
    Effect.gen(function* () {
      const { put } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      assert.isTrue((yield* read(log)).bytes.equals(bytesFrom(10)))
    }).pipe(Effect.provide(world([unattainable(reason), base()])))
  )

  it.effect("a session that cannot be had now is no refusal", () =>
    Effect.gen(function* () {
      const { put } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      const { reason } = yield* whileTimePasses(Effect.flip(read(log)))
      assert.strictEqual(reason._tag, "Unavailable")
      assert.deepStrictEqual(yield* keysUsed, [])
    }).pipe(Effect.provide(world([unattainable(new Unavailable({ detail: "STS is down" })), base()])))
  )
})
