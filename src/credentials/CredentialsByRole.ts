/**
 * Which identity for what: the base identity, and a session for every role that the config names.
 */
import { Effect, Layer } from "effect"
import { Credentials, type Identity } from "./Credentials.ts"
import { Identities } from "./Identities.ts"
import * as IdentitiesSts from "./IdentitiesSts.ts"
import { matchesGlob } from "./matchesGlob.ts"
import type { BaseIdentity } from "./BaseIdentity.ts"
import type { Sts } from "./Sts.ts"

export type { Role } from "./Identities.ts"

/** Buckets for which the identity that worked is remembered; the oldest is forgotten first, and merely tried anew. */
const REMEMBERED_BUCKETS = 10_000

/**
 * **Shape** A bucket is read as the roles whose globs name it, else as the roles without globs in the order of the config, and
 * last as the base identity, for buckets of its own account. A queue is polled with the base identity, unless a role names
 * it or the queue is known to be in a role's account.
 */
export const layerOverIdentities: Layer.Layer<Credentials, never, Identities> = Layer.effect(
  Credentials,
  Effect.suspend(() => make)
)

/** The same, with sessions of its own. */
export const layer = (options: IdentitiesSts.SessionOptions): Layer.Layer<Credentials, never, Sts | BaseIdentity> =>
  Layer.provide(layerOverIdentities, IdentitiesSts.layer(options))

const make = Effect.gen(function* () {
  const { assumed, base } = yield* Identities
  const remembered = new Map<string, Identity>()

  const candidates = (bucket: string): ReadonlyArray<Identity> => {
    const named = assumed.filter(({ role }) => role.buckets.some((glob) => matchesGlob(glob, bucket)))
    const unnamed = assumed.filter(({ role }) => role.buckets.length === 0)
    return [...named, ...unnamed].map(({ identity }) => identity).concat(base)
  }

  return Credentials.of({
    forQueue: (queue) =>
      (
        assumed.find(({ role }) => role.queues.includes(queue.name)) ??
        assumed.find(({ identity }) => queue.accountId !== undefined && identity.accountId === queue.accountId)
      )?.identity ?? base,

    forBucket: (bucket) => {
      const first = remembered.get(bucket)
      const all = candidates(bucket)
      return first === undefined ? all : [first, ...all.filter((identity) => identity !== first)]
    },

    remember: (bucket, identity) =>
      Effect.sync(() => {
        remembered.delete(bucket)
        remembered.set(bucket, identity)
        const [oldest] = remembered.keys()
        if (remembered.size > REMEMBERED_BUCKETS && oldest !== undefined) remembered.delete(oldest)
      })
  })
})
