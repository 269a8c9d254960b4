/**
 * What every `Credentials` promises, whatever is behind it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, type Layer, Redacted } from "effect"
import type { AwsKeys } from "../../src/credentials/AwsKeys.ts"
import { Credentials } from "../../src/credentials/Credentials.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"

/** The roles that are there, for every bucket and in this order; both of them trust the base identity. */
export const roleA = "arn:aws:iam::111111111111:role/logs"
export const roleB = "arn:aws:iam::333333333333:role/logs"

const queue: QueueRef = { name: "events", region: "us-east-1" }

const idOf = ({ accessKeyId }: AwsKeys) => Redacted.value(accessKeyId)

const first = Effect.fnUntraced(function* (bucket: string) {
  const credentials = yield* Credentials
  const [identity] = credentials.forBucket(bucket)
  return identity ?? (yield* Effect.die("there is no identity for the bucket"))
})

/** The laws of the port, run against `layer`; with the `TestClock` or, for what is beyond a socket, the real one. */
export const suite = <E>(name: string, mode: "test" | "live", layer: Layer.Layer<Credentials, E>): void => {
  const law = mode === "test" ? it.effect : it.live

  describe(`Credentials: ${name}`, () => {
    law("a bucket is read as the roles in order, and last as the base identity", () =>
      Effect.gen(function* () {
        const credentials = yield* Credentials
        const base = credentials.forQueue(queue)
        const identities = credentials.forBucket("any")
        assert.deepStrictEqual(
          identities.map(({ name }) => name),
          [roleA, roleB, base.name]
        )
        assert.deepStrictEqual(
          identities.map(({ accountId }) => accountId),
          ["111111111111", "333333333333", undefined]
        )
      }).pipe(Effect.provide(layer))
    )

    law("the identity that was remembered last comes first, for this bucket alone, and nobody comes twice", () =>
      Effect.gen(function* () {
        const credentials = yield* Credentials
        const [a, b, base] = credentials.forBucket("logs")
        assert.isDefined(a)
        assert.isDefined(b)
        assert.isDefined(base)
        yield* credentials.remember("logs", b)
        assert.deepStrictEqual(credentials.forBucket("logs"), [b, a, base])
        assert.deepStrictEqual(credentials.forBucket("other"), [a, b, base])
        yield* credentials.remember("logs", base)
        assert.deepStrictEqual(credentials.forBucket("logs"), [base, a, b])
      }).pipe(Effect.provide(layer))
    )

    law("a queue of a role's account is polled as the role, any other as the base identity", () =>
      Effect.gen(function* () {
        const credentials = yield* Credentials
        assert.strictEqual(credentials.forQueue({ ...queue, accountId: "333333333333" }).name, roleB)
        const base = credentials.forQueue(queue)
        assert.isUndefined(base.accountId)
        assert.strictEqual(credentials.forQueue({ ...queue, accountId: "999999999999" }), base)
      }).pipe(Effect.provide(layer))
    )

    law("every identity has keys with at least a minute to live, and they stay the same", () =>
      Effect.gen(function* () {
        const credentials = yield* Credentials
        for (const identity of credentials.forBucket("logs")) {
          const keys = yield* identity.keys
          const now = yield* Clock.currentTimeMillis
          assert.isAtLeast(keys.expiresAt ?? Infinity, now + 60_000)
          assert.strictEqual(idOf(yield* identity.keys), idOf(keys))
        }
      }).pipe(Effect.provide(layer))
    )

    law("keys that AWS called expired are replaced once for all who ask, and newer ones are not thrown away", () =>
      Effect.gen(function* () {
        const identity = yield* first("logs")
        const old = yield* identity.keys
        const renewed = yield* Effect.forEach(
          Array.from({ length: 20 }),
          () => Effect.andThen(identity.refresh(old), identity.keys),
          { concurrency: "unbounded" }
        )
        const ids = new Set(renewed.map(idOf))
        assert.strictEqual(ids.size, 1)
        assert.isFalse(ids.has(idOf(old)))
        yield* identity.refresh(old)
        assert.isTrue(ids.has(idOf(yield* identity.keys)))
      }).pipe(Effect.provide(layer))
    )
  })
}
