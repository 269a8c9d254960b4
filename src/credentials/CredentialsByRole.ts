/**
 * Which identity for what: the base identity, and a session for every role that the config names.
 */
import { Effect, Layer } from "effect"
import type { Duration } from "effect"
import { BaseIdentity } from "./BaseIdentity.ts"
import { Credentials, type Identity } from "./Credentials.ts"
import { matchesGlob } from "./matchesGlob.ts"
import type { Sts } from "./Sts.ts"
import * as StsSession from "./StsSession.ts"

/** A role, and what it is for. Without `buckets` it is tried for every bucket; without `queues` it polls none by name. */
export interface Role {
  readonly arn: string
  readonly externalId?: string | undefined
  readonly buckets: ReadonlyArray<string>
  readonly queues: ReadonlyArray<string>
}

/** The roles, and how their sessions are asked for. */
export interface CredentialsOptions {
  readonly roles: ReadonlyArray<Role>
  readonly sessionName: string
  readonly duration: Duration.Duration
}

/** Buckets for which the identity that worked is remembered; the oldest is forgotten first, and merely tried anew. */
const REMEMBERED_BUCKETS = 10_000

interface Assumed {
  readonly role: Role
  readonly identity: Identity
}

/**
 * **Shape** A bucket is read as the roles whose globs name it, else as the roles without globs in the order of the config, and
 * last as the base identity, for buckets of its own account. A queue is polled with the base identity, unless a role names
 * it or the queue is known to be in a role's account.
 */
export const layer = (options: CredentialsOptions): Layer.Layer<Credentials, never, Sts | BaseIdentity> =>
  Layer.effect(Credentials, make(options))

const make = Effect.fnUntraced(function* ({ duration, roles, sessionName }: CredentialsOptions) {
  const base = yield* BaseIdentity
  const assumed: ReadonlyArray<Assumed> = yield* Effect.forEach(roles, (role) =>
    Effect.map(
      StsSession.make({
        roleArn: role.arn,
        sessionName,
        duration,
        ...(role.externalId === undefined ? undefined : { externalId: role.externalId })
      }),
      (identity) => ({ role, identity })
    )
  )
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
