/**
 * The base identity: keys from the config, or whatever the SDK's default provider chain finds.
 */
import { STSClient } from "@aws-sdk/client-sts"
import { Effect, Layer, Predicate, Redacted } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { BaseIdentity, NAME } from "../credentials/BaseIdentity.ts"
import { CredentialsError, CredentialsMissing } from "../credentials/Credentials.ts"

/** Keys that were given and never change. When AWS refuses them, no refresh will help. */
export const layerKeys = (keys: AwsKeys): Layer.Layer<BaseIdentity> =>
  Layer.succeed(BaseIdentity, { name: NAME, keys: Effect.succeed(keys), refresh: () => Effect.void })

/**
 * The SDK's default provider chain: environment, profile, web identity, container, machine.
 *
 * **Guarantee** Keys that expire are asked for again five minutes ahead, once for all who ask; that is the SDK's own doing.
 *
 * **Errors** `CredentialsMissing` when the chain finds nothing.
 *
 * **Source** https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export const layerChain = (options: { readonly region: string }): Layer.Layer<BaseIdentity> =>
  Layer.effect(
    BaseIdentity,
    Effect.gen(function* () {
      // A client's own provider is the public way to the chain. The client sends nothing.
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new STSClient({ region: options.region })),
        (client) => Effect.sync(() => client.destroy())
      )
      const ask = (forceRefresh: boolean) =>
        Effect.tryPromise({ try: () => client.config.credentials({ forceRefresh }), catch: missing })
      return {
        name: NAME,
        keys: Effect.map(ask(false), toKeys),
        refresh: () => Effect.asVoid(ask(true))
      }
    })
  )

const toKeys = (found: Awaited<ReturnType<STSClient["config"]["credentials"]>>): AwsKeys => ({
  accessKeyId: Redacted.make(found.accessKeyId),
  secretAccessKey: Redacted.make(found.secretAccessKey),
  ...(found.sessionToken === undefined ? undefined : { sessionToken: Redacted.make(found.sessionToken) }),
  ...(found.expiration === undefined ? undefined : { expiresAt: found.expiration.getTime() })
})

const missing = (cause: unknown) =>
  new CredentialsError({
    identity: NAME,
    reason: new CredentialsMissing({
      detail: `no keys were found (${Predicate.isError(cause) ? cause.message.replaceAll(/\s+/gu, " ") : "unknown"}); set accessKeyID and secretAccessKey, or run where the AWS SDK finds an identity: its environment variables, a profile, or the role of the machine`
    })
  })
