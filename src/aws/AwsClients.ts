/**
 * SDK clients, made once per identity and region, and the one way to call them: with keys that are good now, refreshed
 * once when AWS says that they have expired.
 */
import { Effect, Redacted } from "effect"
import type { Scope } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import type { CredentialsError, Identity } from "../credentials/Credentials.ts"
import { type AwsFailure, fromUnknown } from "./awsFailure.ts"
import * as Remembered from "./Remembered.ts"

/** The keys in the shape that the SDK signs with. */
export interface SdkKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * What the SDK asks for keys before it signs.
 *
 * `memoized` is the SDK's own mark for a provider that must not be cached on top: without it a client would go on signing
 * with a session that was replaced long ago.
 */
export type SdkKeysProvider = (() => Promise<SdkKeys>) & { readonly memoized: true }

/** How to make a client, and how to close it. */
export interface ClientFactory<Client> {
  readonly make: (config: {
    readonly region: string
    readonly credentials: SdkKeysProvider
    /** Every retry is a schedule of `retry.ts`, so the SDK tries once. */
    readonly maxAttempts: 1
  }) => Client
  readonly close: (client: Client) => void
}

/** The clients of one service. */
export interface AwsClients<Client> {
  /**
   * Sends one request as `identity` in `region`.
   *
   * **Guarantee** The keys are good when the request is signed. When AWS calls them expired all the same, they are refreshed
   * and the request is sent once more. Interruption aborts the request.
   *
   * **Errors** `AwsFailure` for what AWS answered or failed to answer; `CredentialsError` when there are no keys to sign with.
   */
  readonly call: <A>(
    identity: Identity,
    region: string,
    send: (client: Client, options: { readonly abortSignal: AbortSignal }) => Promise<A>
  ) => Effect.Effect<A, AwsFailure | CredentialsError>

  /** The same for a request that is an effect, and is signed with the keys that it is given. */
  readonly run: <A, R>(
    identity: Identity,
    region: string,
    send: (client: Client, keys: SdkKeys) => Effect.Effect<A, AwsFailure, R>
  ) => Effect.Effect<A, AwsFailure | CredentialsError, R>
}

/**
 * Clients that are kept. A notification names its region, and whoever forges one may name a new region each time: beyond this the client
 * that was used least recently is closed, and made again when it is wanted. What was on its way over it is as if the connection had broken.
 */
const MAX_CLIENTS = 256

/** A client and the keys that its next request is signed with. The same keys are the same object, for those who derive from them. */
interface Slot<Client> {
  readonly client: Client
  from: AwsKeys
  keys: SdkKeys
}

const toSdkKeys = (keys: AwsKeys): SdkKeys => ({
  accessKeyId: Redacted.value(keys.accessKeyId),
  secretAccessKey: Redacted.value(keys.secretAccessKey),
  ...(keys.sessionToken === undefined ? undefined : { sessionToken: Redacted.value(keys.sessionToken) })
})

/**
 * The clients of one service, closed with the scope.
 */
export const make = <Client>(factory: ClientFactory<Client>): Effect.Effect<AwsClients<Client>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const slots = Remembered.make<Slot<Client>>(MAX_CLIENTS, ({ client }) => factory.close(client))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const { client } of slots.values()) factory.close(client)
      })
    )

    const slotFor = (identity: Identity, region: string, from: AwsKeys): Slot<Client> => {
      const name = `${identity.name} ${region}`
      const known = slots.of(name)
      if (known !== undefined) {
        if (known.from !== from) Object.assign(known, { from, keys: toSdkKeys(from) })
        return slots.remember(name, known)
      }
      const credentials: SdkKeysProvider = Object.assign(async () => slot.keys, { memoized: true as const })
      const client = factory.make({ region, credentials, maxAttempts: 1 })
      const slot: Slot<Client> = { client, from, keys: toSdkKeys(from) }
      return slots.remember(name, slot)
    }

    const run: AwsClients<Client>["run"] = (identity, region, send) => {
      const attempt = (keys: AwsKeys) => {
        const slot = slotFor(identity, region, keys)
        return send(slot.client, slot.keys)
      }
      return Effect.flatMap(identity.keys, (keys) =>
        Effect.catchIf(
          attempt(keys),
          (failure) => failure.reason._tag === "CredentialsExpired",
          () => Effect.andThen(identity.refresh(keys), Effect.flatMap(identity.keys, attempt))
        )
      )
    }

    const call: AwsClients<Client>["call"] = (identity, region, send) =>
      run(identity, region, (client) =>
        Effect.tryPromise({ try: (abortSignal) => send(client, { abortSignal }), catch: fromUnknown })
      )

    return { call, run }
  })
