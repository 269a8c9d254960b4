import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Redacted, References } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { fromUnknown } from "../../src/aws/awsFailure.ts"
import * as AwsClients from "../../src/aws/AwsClients.ts"
import * as BaseIdentityAws from "../../src/aws/BaseIdentityAws.ts"
import { BaseIdentity } from "../../src/credentials/BaseIdentity.ts"
import { Credentials, CredentialsError } from "../../src/credentials/Credentials.ts"
import * as CredentialsByRole from "../../src/credentials/CredentialsByRole.ts"
import { AccessDenied } from "../../src/domain/reasons.ts"
import * as StsMemory from "../../src/testing/StsMemory.ts"

const secret = "wJalrXUtnFEMI-secret"
const token = "FwoGZXIvYXdzEBY-token"

const roleArn = "arn:aws:iam::111111111111:role/logs"

/** Every way in which a value gets into a log or a terminal. */
const showings = (value: unknown): ReadonlyArray<string> => [
  inspect(value, { depth: Infinity, showHidden: true, getters: true }),
  String(value),
  JSON.stringify(value) ?? "",
  ...(value instanceof Error ? [value.message, value.stack ?? ""] : [])
]

/** In-memory sessions have secrets and tokens that are told from anything else. */
const assertSilent = (value: unknown) => {
  for (const shown of showings(value)) {
    assert.notInclude(shown, secret)
    assert.notInclude(shown, token)
    assert.notMatch(shown, /(?:secret|token)-of-/u)
  }
}

const keys = {
  accessKeyId: Redacted.make("AKIABASE"),
  secretAccessKey: Redacted.make(secret),
  sessionToken: Redacted.make(token)
}

/** The error of a service that quotes what was signed. */
const signatureDoesNotMatch = () => {
  const canonicalRequest = `GET\n/\n\nhost:logs\nx-amz-security-token:${token}\n\nhost;x-amz-security-token\nUNSIGNED`
  return Object.assign(new Error(`The Canonical String for this request should have been '${canonicalRequest}'`), {
    name: "SignatureDoesNotMatch",
    Code: "SignatureDoesNotMatch",
    CanonicalRequest: canonicalRequest,
    $metadata: { httpStatusCode: 403 }
  })
}

describe("secrets", () => {
  it.effect("no log line shows one, at any level, while sessions come, fail, and are renewed", () => {
    const lines: Array<string> = []
    const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
    const base = BaseIdentityAws.layerKeys(keys)
    const world = CredentialsByRole.layer({
      roles: [{ arn: roleArn, buckets: [], queues: [] }],
      sessionName: "s3beat-test",
      duration: Duration.minutes(15)
    }).pipe(Layer.provideMerge(StsMemory.layer), Layer.provide(base), Layer.provideMerge(Logger.layer([logger])))

    return Effect.gen(function* () {
      const sts = yield* StsMemory.StsMemory
      const credentials = yield* Credentials
      const [role] = credentials.forBucket("logs")
      assert.isDefined(role)
      yield* role.refresh(yield* role.keys)
      yield* sts.fail(StsMemory.Fault.Outage())
      for (let i = 0; i < 200; i++) {
        yield* TestClock.adjust("5 seconds")
        yield* Effect.logTrace(role, yield* Effect.exit(role.keys))
      }
      yield* sts.heal
      for (let i = 0; i < 12; i++) yield* TestClock.adjust("5 seconds")
      const all = lines.join("\n")
      assert.include(all, `Session for ${roleArn} is good until`)
      assert.include(all, `Cannot get a session for ${roleArn}`)
      assert.include(all, '"TRACE"')
      assertSilent(all)
    }).pipe(Effect.provide(world), Effect.provideService(References.MinimumLogLevel, "All"))
  })

  it("keys do not show their secret, token or id", () => {
    assertSilent(keys)
    for (const shown of showings(keys)) assert.notInclude(shown, "AKIABASE")
  })

  it.effect("identities do not show their keys", () =>
    Effect.gen(function* () {
      const base = yield* BaseIdentity
      yield* base.keys
      assertSilent(base)
    }).pipe(Effect.provide(BaseIdentityAws.layerKeys(keys)))
  )

  it("an error whose text quotes the canonical request is told without it", () => {
    const original = signatureDoesNotMatch()
    assert.include(inspect(original), token)
    const failure = fromUnknown(original)
    assert.include(failure.detail, "the secret access key does not belong to the access key id")
    assertSilent(failure)
    assertSilent(failure.reason)
    assert.strictEqual(failure.reason._tag, "AccessDenied")
    assertSilent(
      new CredentialsError({ identity: roleArn, reason: new AccessDenied({ detail: failure.reason.detail }) })
    )
  })

  it.effect("clients do not show the keys that they sign with, nor do their failures", () =>
    Effect.gen(function* () {
      const signedWith: Array<string> = []
      const clients = yield* AwsClients.make<AwsClients.SdkKeysProvider>({
        make: ({ credentials }) => credentials,
        close: () => {}
      })
      const error = yield* Effect.flip(
        clients.call(yield* BaseIdentity, "us-east-1", async (provider) => {
          signedWith.push((await provider()).secretAccessKey)
          throw signatureDoesNotMatch()
        })
      )
      assert.deepStrictEqual(signedWith, [secret])
      assertSilent(clients)
      assertSilent(error)
    }).pipe(Effect.provide(BaseIdentityAws.layerKeys(keys)))
  )
})
