import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as BaseIdentityAws from "../../src/aws/BaseIdentityAws.ts"
import { BaseIdentity } from "../../src/credentials/BaseIdentity.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../support/TemporaryDirectory.ts"

/** The process's environment, with nothing of AWS but these variables; as it was again when the scope closes. */
const environment = (variables: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = { ...process.env }
      for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name]
      Object.assign(process.env, {
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONFIG_FILE: "/nonexistent/config",
        AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
        ...variables
      })
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name]
        Object.assign(process.env, before)
      })
  )

const keys = Effect.flatMap(BaseIdentity, (base) => base.keys).pipe(
  Effect.provide(BaseIdentityAws.layerChain({ region: "us-east-1" }))
)

describe("BaseIdentityAws", () => {
  it.live("a chain that finds nothing is CredentialsMissing, and the text says what to do", () =>
    Effect.gen(function* () {
      yield* environment({})
      const error = yield* Effect.flip(keys)
      assert.strictEqual(error.reason._tag, "CredentialsMissing")
      assert.include(error.message, "set accessKeyID and secretAccessKey")
      assert.include(error.message, "or run where the AWS SDK finds an identity")
      assert.notInclude(error.message, "\n")
    })
  )

  it.live("a chain that finds keys in the environment gives them", () =>
    Effect.gen(function* () {
      yield* environment({
        AWS_ACCESS_KEY_ID: "AKIAENV",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_SESSION_TOKEN: "token"
      })
      const found = yield* keys
      assert.strictEqual(Redacted.value(found.accessKeyId), "AKIAENV")
      assert.strictEqual(Redacted.value(found.secretAccessKey), "secret")
      assert.strictEqual(found.sessionToken && Redacted.value(found.sessionToken), "token")
      assert.isUndefined(found.expiresAt)
    })
  )

  it.effect("a chain that does not answer is Unavailable, and not waited for any longer", () =>
    Effect.gen(function* () {
      const directory = yield* TemporaryDirectory
      const config = join(directory, "config")
      yield* Effect.promise(() => writeFile(config, "[default]\ncredential_process = sleep 5\n"))
      yield* environment({ AWS_CONFIG_FILE: config })
      const fiber = yield* Effect.forkChild(Effect.flip(keys))
      yield* Effect.yieldNow
      yield* TestClock.adjust(BaseIdentityAws.CHAIN_LIMIT)
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "Unavailable")
    }).pipe(Effect.provide(temporaryDirectory))
  )

  it.live("keys that did not change are the same object", () =>
    Effect.gen(function* () {
      yield* environment({ AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "secret" })
      const base = yield* BaseIdentity
      assert.strictEqual(yield* base.keys, yield* base.keys)
    }).pipe(Effect.provide(BaseIdentityAws.layerChain({ region: "us-east-1" })))
  )

  it.effect("keys from the config stay what they are when AWS calls them expired", () => {
    const given = { accessKeyId: Redacted.make("AKIA"), secretAccessKey: Redacted.make("secret") }
    return Effect.gen(function* () {
      const base = yield* BaseIdentity
      yield* base.refresh(given)
      assert.strictEqual(yield* base.keys, given)
    }).pipe(Effect.provide(BaseIdentityAws.layerKeys(given)))
  })
})
