/**
 * Credentials in memory: identities that a test names, whose keys are replaced only when someone asks for it.
 */
import { Context, Effect, Layer, Redacted } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { NAME } from "../credentials/BaseIdentity.ts"
import { Credentials, type Identity } from "../credentials/Credentials.ts"

/** An identity whose access key ids are `<accessKeyId>-0`, then `-1` after the first refresh, and so on. */
export interface FixedIdentity {
  readonly name: string
  readonly accountId?: string
  readonly accessKeyId: string
}

/** The far side of the in-memory credentials: what was asked of them. */
export class CredentialsMemory extends Context.Service<
  CredentialsMemory,
  {
    /** How often this identity's keys were called expired. */
    readonly refreshes: (name: string) => Effect.Effect<number>
    /** How often its keys were replaced for that. */
    readonly replacements: (name: string) => Effect.Effect<number>
    /** Which identities were remembered for which buckets, in order. */
    readonly remembered: Effect.Effect<ReadonlyArray<{ readonly bucket: string; readonly identity: string }>>
  }
>()("s3beat/testing/CredentialsMemory") {}

/** Who one is where no roles are given. */
export const base: FixedIdentity = { name: NAME, accessKeyId: "BASE" }

interface Counted {
  readonly identity: Identity
  readonly counts: { refreshes: number; replacements: number }
}

const counted = ({ accessKeyId, accountId, name }: FixedIdentity): Counted => {
  const counts = { refreshes: 0, replacements: 0 }
  const current = () => `${accessKeyId}-${counts.replacements}`
  const keys = (): AwsKeys => ({
    accessKeyId: Redacted.make(current()),
    secretAccessKey: Redacted.make(`secret-of-${current()}`)
  })
  const refresh = (rejected: AwsKeys) => {
    counts.refreshes++
    if (Redacted.value(rejected.accessKeyId) === current()) counts.replacements++
  }
  return {
    identity: {
      name,
      ...(accountId === undefined ? undefined : { accountId }),
      keys: Effect.sync(keys),
      refresh: (rejected) => Effect.sync(() => refresh(rejected))
    },
    counts
  }
}

const make = (roles: ReadonlyArray<FixedIdentity>) => {
  const self = counted(base)
  const all = [...roles.map(counted), self]
  const identities = all.map(({ identity }) => identity)
  const remembered: Array<{ readonly bucket: string; readonly identity: Identity }> = []
  const counts = (name: string) => all.find(({ identity }) => identity.name === name)?.counts

  const credentials = Credentials.of({
    forQueue: ({ accountId }) =>
      identities.find((identity) => accountId !== undefined && identity.accountId === accountId) ?? self.identity,
    forBucket: (bucket) => {
      const first = remembered.findLast((entry) => entry.bucket === bucket)?.identity
      return first === undefined ? identities : [first, ...identities.filter((identity) => identity !== first)]
    },
    remember: (bucket, identity) => Effect.sync(() => void remembered.push({ bucket, identity }))
  })

  const controls = CredentialsMemory.of({
    refreshes: (name) => Effect.sync(() => counts(name)?.refreshes ?? 0),
    replacements: (name) => Effect.sync(() => counts(name)?.replacements ?? 0),
    remembered: Effect.sync(() => remembered.map(({ bucket, identity }) => ({ bucket, identity: identity.name })))
  })

  return Context.make(Credentials, credentials).pipe(Context.add(CredentialsMemory, controls))
}

/** The roles in this order for every bucket, and last the base identity, which also polls queues of no role's account. */
export const layer = (roles: ReadonlyArray<FixedIdentity> = []): Layer.Layer<Credentials | CredentialsMemory> =>
  Layer.effectContext(Effect.sync(() => make(roles)))
