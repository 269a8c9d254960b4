/**
 * Everyone that s3beat can be: the base identity, and the roles that the config names.
 */
import { Context } from "effect"
import type { Identity } from "./Credentials.ts"

/** A role, and what it is for. Without `buckets` it is tried for every bucket; without `queues` it polls none by name. */
export interface Role {
  readonly arn: string
  readonly externalId?: string | undefined
  readonly buckets: ReadonlyArray<string>
  readonly queues: ReadonlyArray<string>
}

/** A role that was taken on. */
export interface AssumedRole {
  readonly role: Role
  readonly identity: Identity
}

/** The identities. **Shape** `assumed` in the order of the config. */
export class Identities extends Context.Service<
  Identities,
  { readonly base: Identity; readonly assumed: ReadonlyArray<AssumedRole> }
>()("s3beat/credentials/Identities") {}
