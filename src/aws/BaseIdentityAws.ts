/**
 * The base identity: keys from the config, or whatever the SDK's default provider chain finds.
 */
import { STSClient } from "@aws-sdk/client-sts"
import { Duration, Effect, Layer, Predicate, Redacted } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { BaseIdentity, NAME } from "../credentials/BaseIdentity.ts"
import { CredentialsError, CredentialsMissing } from "../credentials/Credentials.ts"
import { Unavailable } from "../domain/reasons.ts"
import * as Deadlines from "./Deadlines.ts"

/** How long a chain may take that asks a program, a container or the machine. */
export const CHAIN_LIMIT = Duration.seconds(30)

/** Keys that were given and never change. When AWS refuses them, no refresh will help. */
export const layerKeys = (keys: AwsKeys): Layer.Layer<BaseIdentity> =>
  Layer.succeed(BaseIdentity, { name: NAME, keys: Effect.succeed(keys), refresh: () => Effect.void })

/**
 * The SDK's default provider chain: environment, profile, web identity, container, machine.
 *
 * **Guarantee** Keys that expire are asked for again five minutes ahead, once for all who ask; that is the SDK's own doing.
 *
 * **Errors** `CredentialsMissing` when the chain finds nothing, `Unavailable` when it takes longer than `CHAIN_LIMIT`.
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
      let last: { readonly found: Found; readonly keys: AwsKeys } | undefined
      const answers = yield* Deadlines.make(CHAIN_LIMIT)
      const ask = (forceRefresh: boolean) =>
        answers.within({ try: () => client.config.credentials({ forceRefresh }), catch: missing, late: () => late })
      return {
        name: NAME,
        keys: Effect.map(ask(false), (found) => {
          // The same keys are the same object, from which signatures are derived once.
          if (last?.found !== found) last = { found, keys: toKeys(found) }
          return last.keys
        }),
        refresh: () => Effect.asVoid(ask(true))
      }
    })
  )

type Found = Awaited<ReturnType<STSClient["config"]["credentials"]>>

const toKeys = (found: Found): AwsKeys => ({
  accessKeyId: Redacted.make(found.accessKeyId),
  secretAccessKey: Redacted.make(found.secretAccessKey),
  ...(found.sessionToken === undefined ? undefined : { sessionToken: Redacted.make(found.sessionToken) }),
  ...(found.expiration === undefined ? undefined : { expiresAt: found.expiration.getTime() })
})

const late = new CredentialsError({
  identity: NAME,
  reason: new Unavailable({ detail: `the default provider chain found no keys within ${Duration.format(CHAIN_LIMIT)}` })
})

const missing = (cause: unknown) =>
  new CredentialsError({
    identity: NAME,
    reason: new CredentialsMissing({
      detail: `no keys were found (${Predicate.isError(cause) ? cause.message.replaceAll(/\s+/gu, " ") : "unknown"}); set accessKeyID and secretAccessKey, or run where the AWS SDK finds an identity: its environment variables, a profile, or the role of the machine`
    })
  })
