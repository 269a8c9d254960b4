import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { BaseIdentity, NAME } from "../../src/credentials/BaseIdentity.ts"
import { Credentials, type Identity } from "../../src/credentials/Credentials.ts"
import * as CredentialsByRole from "../../src/credentials/CredentialsByRole.ts"
import * as StsMemory from "../../src/testing/StsMemory.ts"
import * as contract from "../contract/credentialsContract.ts"

const base: Identity = {
  name: NAME,
  keys: Effect.succeed({ accessKeyId: Redacted.make("AKIABASE"), secretAccessKey: Redacted.make("secret") }),
  refresh: () => Effect.void
}

const role = (account: string, more: Partial<CredentialsByRole.Role> = {}): CredentialsByRole.Role => ({
  arn: arnOf(account),
  buckets: [],
  queues: [],
  ...more
})

const arnOf = (account: string) => `arn:aws:iam::${account}:role/logs`

const A = "111111111111"
const B = "333333333333"
const C = "444444444444"

const layerOf = (...roles: ReadonlyArray<CredentialsByRole.Role>) =>
  CredentialsByRole.layer({ roles, sessionName: "s3beat-test", duration: Duration.hours(1) }).pipe(
    Layer.provideMerge(StsMemory.layer),
    Layer.provide(Layer.succeed(BaseIdentity, base))
  )

contract.suite("a session per role, over STS in memory", "test", layerOf(role(A), role(B)))

const readersOf = (bucket: string) =>
  Effect.map(Credentials, (credentials) => credentials.forBucket(bucket).map(({ name }) => name))

const pollerOf = (name: string, accountId?: string) =>
  Effect.map(
    Credentials,
    (credentials) =>
      credentials.forQueue({ name, region: "us-east-1", ...(accountId === undefined ? undefined : { accountId }) }).name
  )

describe("CredentialsByRole", () => {
  it.effect("without roles everything is done as the base identity, and STS is not asked", () =>
    Effect.gen(function* () {
      const sts = yield* StsMemory.StsMemory
      const credentials = yield* Credentials
      assert.deepStrictEqual(credentials.forBucket("logs"), [base])
      assert.strictEqual(credentials.forQueue({ name: "events", region: "us-east-1", accountId: A }), base)
      assert.deepStrictEqual(yield* sts.calls(arnOf(A)), [])
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect(
    "a role whose globs name the bucket comes before those without globs, whatever the order of the config",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* readersOf("prod-logs"), [arnOf(B), arnOf(A), NAME])
        assert.deepStrictEqual(yield* readersOf("audit"), [arnOf(B), arnOf(A), NAME])
        assert.deepStrictEqual(yield* readersOf("other-eu"), [arnOf(C), arnOf(A), NAME])
      }).pipe(
        Effect.provide(layerOf(role(A), role(B, { buckets: ["prod-*", "audit"] }), role(C, { buckets: ["other-??"] })))
      )
  )

  it.effect("a role is not tried for a bucket that its globs do not name", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readersOf("stage-logs"), [NAME])
    }).pipe(Effect.provide(layerOf(role(A, { buckets: ["prod-*"] }))))
  )

  it.effect("a queue goes to the role that names it, before the role of its account", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* pollerOf("events", A), arnOf(B))
      assert.strictEqual(yield* pollerOf("events"), arnOf(B))
      assert.strictEqual(yield* pollerOf("others", A), arnOf(A))
      assert.strictEqual(yield* pollerOf("others", C), NAME)
      assert.strictEqual(yield* pollerOf("others"), NAME)
    }).pipe(Effect.provide(layerOf(role(A), role(B, { queues: ["events"] }))))
  )

  it.effect("what was remembered is bounded: the oldest bucket is forgotten, and tried anew", () =>
    Effect.gen(function* () {
      const credentials = yield* Credentials
      for (let i = 0; i < 10_000; i++) yield* credentials.remember(`bucket-${i}`, base)
      // Remembering again makes a bucket young.
      yield* credentials.remember("bucket-0", base)
      assert.deepStrictEqual(yield* readersOf("bucket-1"), [NAME, arnOf(A)])
      yield* credentials.remember("one-more", base)
      assert.deepStrictEqual(yield* readersOf("bucket-0"), [NAME, arnOf(A)])
      assert.deepStrictEqual(yield* readersOf("bucket-1"), [arnOf(A), NAME])
      assert.deepStrictEqual(yield* readersOf("one-more"), [NAME, arnOf(A)])
    }).pipe(Effect.provide(layerOf(role(A))))
  )

  it.effect("one role that cannot be taken on does not keep the others from working", () =>
    Effect.gen(function* () {
      const sts = yield* StsMemory.StsMemory
      yield* sts.setRole(arnOf(A), { isTrusting: false })
      const credentials = yield* Credentials
      const [a, b] = credentials.forBucket("logs")
      assert.isDefined(a)
      assert.isDefined(b)
      assert.strictEqual((yield* Effect.flip(a.keys)).reason._tag, "AccessDenied")
      yield* b.keys
    }).pipe(Effect.provide(layerOf(role(A), role(B))))
  )

  it.effect("the role's external id and the session's name and duration reach STS", () =>
    Effect.gen(function* () {
      const sts = yield* StsMemory.StsMemory
      const credentials = yield* Credentials
      const [a] = credentials.forBucket("logs")
      assert.isDefined(a)
      yield* a.keys
      const [call] = yield* sts.calls(arnOf(A))
      assert.deepStrictEqual(call?.request, {
        roleArn: arnOf(A),
        sessionName: "s3beat-test",
        duration: Duration.hours(1),
        externalId: "shared"
      })
    }).pipe(Effect.provide(layerOf(role(A, { externalId: "shared" }))))
  )
})
