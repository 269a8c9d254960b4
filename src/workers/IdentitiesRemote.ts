/**
 * The identities of a worker: the main thread has the sessions, and hands out their keys.
 */
import { Clock, Effect, Layer, Redacted, Schema } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { NAME } from "../credentials/BaseIdentity.ts"
import { CredentialsError, type Identity } from "../credentials/Credentials.ts"
import { accountOf } from "../credentials/StsSession.ts"
import { Identities, type Role } from "../credentials/Identities.ts"
import { MainThread } from "./MainThread.ts"
import type { IdentityName, PlainKeys } from "./protocol.ts"

/**
 * Keys are used for so long before the main thread is asked again, in milliseconds, or for a tenth of what is left of their life:
 * it may have newer ones.
 */
const KEPT_MILLIS = 5000

const decodeError = Schema.decodeUnknownSync(CredentialsError)

const make = Effect.fnUntraced(function* (roles: ReadonlyArray<Role>) {
  const main = yield* MainThread

  const ask = Effect.fnUntraced(function* (identity: IdentityName, expired?: AwsKeys) {
    const answer = yield* main.ask({
      _tag: "Keys",
      identity,
      ...(expired === undefined ? undefined : { expired: Redacted.value(expired.accessKeyId) })
    })
    if (answer._tag === "Keys") return toKeys(answer.keys)
    return yield* answer._tag === "Failed"
      ? decodeError(answer.error)
      : Effect.die(new Error(`${answer._tag} is no answer to who one is`))
  })

  const remote = (identity: IdentityName): Pick<Identity, "keys" | "refresh"> => {
    let kept: { readonly keys: AwsKeys; readonly until: number } | undefined
    const keep = (keys: AwsKeys) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const left = (keys.expiresAt ?? Infinity) - now
        kept = { keys, until: now + Math.min(KEPT_MILLIS, left / 10) }
        return keys
      })
    // From then on there are no answers, and messages are still to be given back.
    const keptOnceClosed = Effect.flatMap(main.closed, () =>
      kept === undefined ? Effect.never : Effect.succeed(kept.keys)
    )
    return {
      keys: Effect.flatMap(Clock.currentTimeMillis, (now) =>
        kept !== undefined && now < kept.until
          ? Effect.succeed(kept.keys)
          : Effect.raceFirst(Effect.flatMap(ask(identity), keep), keptOnceClosed)
      ),
      refresh: (failed) => Effect.asVoid(Effect.flatMap(ask(identity, failed), keep))
    }
  }

  return Identities.of({
    base: { name: NAME, ...remote("base") },
    assumed: roles.map((role, index) => ({
      role,
      identity: { name: role.arn, accountId: accountOf(role.arn), ...remote(index) }
    }))
  })
})

const toKeys = ({ accessKeyId, expiresAt, secretAccessKey, sessionToken }: PlainKeys): AwsKeys => ({
  accessKeyId: Redacted.make(accessKeyId),
  secretAccessKey: Redacted.make(secretAccessKey),
  ...(sessionToken === undefined ? undefined : { sessionToken: Redacted.make(sessionToken) }),
  ...(expiresAt === undefined ? undefined : { expiresAt })
})

/**
 * **Shape** `roles` are those of the config, in its order, as the main thread has them.
 *
 * **Guarantee** Once the main thread has closed the connection, the last keys serve to their end.
 */
export const layer = (roles: ReadonlyArray<Role>): Layer.Layer<Identities, never, MainThread> =>
  Layer.effect(Identities, make(roles))
