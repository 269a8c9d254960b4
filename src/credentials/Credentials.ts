/**
 * The port that answers: who am I for this queue, and who may I be for this bucket?
 */
import type { Effect } from "effect"
import { Context, Schema } from "effect"
import type { QueueRef } from "../domain/QueueRef.ts"
import { AccessDenied, Unavailable } from "../domain/reasons.ts"
import type { AwsKeys } from "./AwsKeys.ts"

/** No keys could be found at all: neither in the config nor by the default provider chain. */
export class CredentialsMissing extends Schema.TaggedError<CredentialsMissing>()("CredentialsMissing", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** The role's own maximum session duration is shorter than the configured `stsCredsExpirationTime`. */
export class DurationTooLong extends Schema.TaggedError<DurationTooLong>()("DurationTooLong", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/**
 * An identity cannot be taken on.
 *
 * **Errors** `Unavailable`: STS or the provider could not be reached, try again with backoff. `AccessDenied`: the role does
 * not trust us, or the base keys are wrong. `DurationTooLong`, `CredentialsMissing`: the configuration must change.
 */
export class CredentialsError extends Schema.TaggedError<CredentialsError>()("CredentialsError", {
  identity: Schema.String,
  reason: Schema.Union([Unavailable, AccessDenied, DurationTooLong, CredentialsMissing])
}) {
  override get message() {
    return `${this.identity}: ${this.reason.detail}`
  }
}

/**
 * Someone we can be towards AWS.
 *
 * **Shape** `name` is for people and never secret: `base identity`, or the role's ARN. `accountId` is known for roles only.
 */
export interface Identity {
  readonly name: string
  readonly accountId?: string

  /**
   * Keys that are good now.
   *
   * **Guarantee** With at least a minute to live, for as long as new ones could be had.
   */
  readonly keys: Effect.Effect<AwsKeys, CredentialsError>

  /**
   * Says that AWS called these keys expired: new ones are fetched before this returns, once for all who ask at the same
   * time. Names the keys that failed, so that keys which are already newer are not thrown away.
   */
  readonly refresh: (failed: AwsKeys) => Effect.Effect<void, CredentialsError>
}

/** Which identity for what. */
export class Credentials extends Context.Service<
  Credentials,
  {
    /** The identity that polls this queue. */
    readonly forQueue: (queue: QueueRef) => Identity

    /**
     * The identities that may read this bucket, the likeliest first; never empty. On 403 try the next one, and
     * `remember` which worked.
     */
    readonly forBucket: (bucket: string) => ReadonlyArray<Identity>

    /** From now on `forBucket(bucket)` begins with this identity. */
    readonly remember: (bucket: string, identity: Identity) => Effect.Effect<void>
  }
>()("s3beat/credentials/Credentials") {}
