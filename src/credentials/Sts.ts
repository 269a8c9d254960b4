/**
 * The port to STS: take on a role, and ask who one is.
 */
import type { Duration, Effect } from "effect"
import { Context } from "effect"
import type { AwsKeys } from "./AwsKeys.ts"
import type { CredentialsError } from "./Credentials.ts"

/** What AssumeRole is asked for. */
export interface AssumeRoleRequest {
  readonly roleArn: string
  readonly sessionName: string
  readonly duration: Duration.Duration
  readonly externalId?: string
}

/** STS, as the base identity. One attempt a call: retries are the caller's. */
export class Sts extends Context.Service<
  Sts,
  {
    /**
     * One AssumeRole call.
     *
     * **Errors** `DurationTooLong` when the role's maximum session duration is shorter than asked; `AccessDenied` when it
     * does not trust us or our keys are wrong; `Unavailable` else.
     *
     * **Source** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
     */
    readonly assumeRole: (request: AssumeRoleRequest) => Effect.Effect<AwsKeys, CredentialsError>

    /** Who the base identity is. Needs no permission. */
    readonly callerIdentity: Effect.Effect<{ readonly arn: string; readonly accountId: string }, CredentialsError>
  }
>()("s3beat/credentials/Sts") {}
