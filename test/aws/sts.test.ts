import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { createServer } from "node:net"
import * as BaseIdentityAws from "../../src/aws/BaseIdentityAws.ts"
import * as StsAws from "../../src/aws/StsAws.ts"
import * as CredentialsByRole from "../../src/credentials/CredentialsByRole.ts"
import { type AssumeRoleRequest, Sts } from "../../src/credentials/Sts.ts"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import type { Account, Role } from "../../src/demo/World.ts"
import * as contract from "../contract/credentialsContract.ts"
import * as Logged from "../support/Logged.ts"

const userArn = "arn:aws:iam::222222222222:user/beat"
const keys = { accessKeyId: "AKIABASE", secretAccessKey: "the-right-secret" }
const wrongSecret = "the-wrong-secret"

const role = (name: string, more: Partial<Role> = {}): Role => ({
  name,
  trusts: [userArn],
  maxSessionDuration: Duration.hours(1),
  policy: [],
  ...more
})

const accountOf = (id: string, roles: ReadonlyArray<Role>): Account => ({
  id,
  users: [],
  roles,
  buckets: [],
  queues: []
})

const accounts: ReadonlyArray<Account> = [
  accountOf("111111111111", [
    role("logs"),
    role("stranger", { trusts: [] }),
    role("external", { externalId: "shared" })
  ]),
  accountOf("333333333333", [role("logs")]),
  {
    ...accountOf("222222222222", []),
    users: [{ name: "beat", ...keys, policy: [{ actions: ["sts:AssumeRole"], resources: ["*"] }] }]
  }
]

const baseWith = (more: Partial<typeof keys> = {}) =>
  BaseIdentityAws.layerKeys({
    accessKeyId: Redacted.make(more.accessKeyId ?? keys.accessKeyId),
    secretAccessKey: Redacted.make(more.secretAccessKey ?? keys.secretAccessKey)
  })

const base = baseWith()

const over = (identity: typeof base) =>
  Layer.unwrap(
    Effect.map(EmbeddedAws.EmbeddedAws, ({ endpoint }) => StsAws.layer({ region: "us-east-1", endpoint }))
  ).pipe(Layer.provide(identity), Layer.provideMerge(EmbeddedAws.layer({ accounts })))

contract.suite(
  "a session per role, over the AWS SDK and HTTP",
  "live",
  CredentialsByRole.layer({
    roles: [contract.roleA, contract.roleB].map((arn) => ({ arn, buckets: [], queues: [] })),
    sessionName: "s3beat-test",
    duration: Duration.hours(1)
  }).pipe(Layer.provide(over(base)), Layer.provide(base), Layer.provide(Logged.layer))
)

const assume = Effect.fnUntraced(function* (name: string, more: Partial<AssumeRoleRequest> = {}) {
  const sts = yield* Sts
  return yield* sts.assumeRole({
    roleArn: `arn:aws:iam::111111111111:role/${name}`,
    sessionName: "s3beat-test",
    duration: Duration.hours(1),
    ...more
  })
})

const refusal = (name: string, more?: Partial<AssumeRoleRequest>) => Effect.flip(assume(name, more))

describe("StsAws", () => {
  it.live("a role that trusts us gives the session that STS made, until its very end", () =>
    Effect.gen(function* () {
      const { sessions } = yield* EmbeddedAws.EmbeddedAws
      const granted = yield* assume("logs", { duration: Duration.minutes(15) })
      const [session] = yield* sessions
      assert.strictEqual(Redacted.value(granted.accessKeyId), session?.accessKeyId)
      assert.strictEqual(Redacted.value(granted.secretAccessKey), session?.secretAccessKey)
      assert.strictEqual(granted.sessionToken && Redacted.value(granted.sessionToken), session?.token)
      assert.strictEqual(granted.expiresAt, session?.expiresAt)
      assert.strictEqual((session?.expiresAt ?? 0) - (session?.at ?? 0), 15 * 60_000)
    }).pipe(Effect.provide(over(base)))
  )

  it.live("who the base identity is", () =>
    Effect.gen(function* () {
      const sts = yield* Sts
      assert.deepStrictEqual(yield* sts.callerIdentity, { arn: userArn, accountId: "222222222222" })
    }).pipe(Effect.provide(over(base)))
  )

  it.live("a role that does not trust us, or is not there, is AccessDenied", () =>
    Effect.gen(function* () {
      for (const name of ["stranger", "nobody"]) {
        const error = yield* refusal(name)
        assert.strictEqual(error.reason._tag, "AccessDenied")
        assert.include(error.message, `arn:aws:iam::111111111111:role/${name}`)
      }
    }).pipe(Effect.provide(over(base)))
  )

  it.live("a role that asks for an external id is ours with it, and AccessDenied without", () =>
    Effect.gen(function* () {
      yield* assume("external", { externalId: "shared" })
      assert.strictEqual((yield* refusal("external")).reason._tag, "AccessDenied")
      assert.strictEqual((yield* refusal("external", { externalId: "other" })).reason._tag, "AccessDenied")
    }).pipe(Effect.provide(over(base)))
  )

  it.live("a wrong secret is AccessDenied, and the text says so without the secret", () =>
    Effect.gen(function* () {
      const error = yield* refusal("logs")
      assert.strictEqual(error.reason._tag, "AccessDenied")
      assert.include(error.message, "the secret access key does not belong to the access key id")
      assert.notInclude(error.message, wrongSecret)
    }).pipe(Effect.provide(over(baseWith({ secretAccessKey: wrongSecret }))))
  )

  it.live("an unknown access key is AccessDenied, and the text says so", () =>
    Effect.gen(function* () {
      const error = yield* refusal("logs")
      assert.strictEqual(error.reason._tag, "AccessDenied")
      assert.include(error.message, "the access key id is not known to AWS")
    }).pipe(Effect.provide(over(baseWith({ accessKeyId: "AKIAUNKNOWN" }))))
  )

  it.live("a duration over the role's maximum is DurationTooLong, and the text names both ways out", () =>
    Effect.gen(function* () {
      const error = yield* refusal("logs", { duration: Duration.hours(2) })
      assert.strictEqual(error.reason._tag, "DurationTooLong")
      assert.include(error.message, "lower stsCredsExpirationTime")
      assert.include(error.message, "raise the maximum session duration of arn:aws:iam::111111111111:role/logs")
      assert.include(error.message, "2h")
    }).pipe(Effect.provide(over(base)))
  )

  const faults = [
    { name: "throttling", fault: { _tag: "Refuse", status: 400, code: "Throttling", message: "Rate exceeded" } },
    { name: "an error of its own", fault: { _tag: "Refuse", status: 500, code: "InternalFailure", message: "" } },
    { name: "a connection that breaks", fault: { _tag: "Drop" } }
  ] as const

  for (const { fault, name } of faults) {
    it.live(`${name} is Unavailable, after one attempt`, () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws.EmbeddedAws
        let attempts = 0
        yield* aws.setIntercept(() =>
          Effect.sync(() => {
            attempts++
            return fault
          })
        )
        assert.strictEqual((yield* refusal("logs")).reason._tag, "Unavailable")
        assert.strictEqual(attempts, 1)
      }).pipe(Effect.provide(over(base)))
    )
  }

  it.live("STS that cannot be reached is Unavailable", () =>
    Effect.gen(function* () {
      const endpoint = `http://127.0.0.1:${yield* closedPort}`
      const error = yield* Effect.provide(
        refusal("logs"),
        StsAws.layer({ region: "us-east-1", endpoint }).pipe(Layer.provide(base))
      )
      assert.strictEqual(error.reason._tag, "Unavailable")
      assert.include(error.message, "ECONNREFUSED")
    })
  )
})

/** A port that was free a moment ago. */
const closedPort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})
