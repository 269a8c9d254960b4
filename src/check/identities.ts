/**
 * Who is s3beat, and who may it be?
 */
import { Duration, Effect } from "effect"
import type { CredentialsError } from "../credentials/Credentials.ts"
import { Sts } from "../credentials/Sts.ts"
import { accountOf } from "../policy/arns.ts"
import * as statements from "../policy/statements.ts"
import type { Caller } from "./Caller.ts"
import type { Check } from "./Check.ts"
import { failed, ok, type Verdict } from "./Finding.ts"

/** The name of the check of the base identity. */
export const IDENTITY = "identity"

/** The name of the check of a role. */
export const roleName = (arn: string): string => `role ${arn}`

/** A role, and how its sessions are asked for. */
export interface CheckedRole {
  readonly arn: string
  readonly externalId?: string | undefined
}

/** How sessions are asked for. */
export interface SessionOptions {
  readonly sessionName: string
  readonly sessionDuration: Duration.Duration
}

/** Whether the base identity's keys are good. */
export const identity = Effect.fnUntraced(function* (needs: ReadonlyArray<string>) {
  const sts = yield* Sts
  const run = sts.callerIdentity.pipe(
    Effect.match({
      onSuccess: ({ accountId, arn }) => ok(`${arn}, in account ${accountId}`),
      onFailure: ({ reason }) => failed(reason.detail, adviceOnKeys(reason))
    }),
    Effect.map((verdict) => ({ verdicts: [verdict] }))
  )
  const check: Check = { name: IDENTITY, needs, run }
  return check
})

const adviceOnKeys = (reason: CredentialsError["reason"]): string => {
  switch (reason._tag) {
    case "AccessDenied":
      return "Set accessKeyID and secretAccessKey to keys that are active in the account where s3beat runs (IAM, Users, Security credentials)."
    case "CredentialsMissing":
      return "Give s3beat an identity: everything else is asked in its name."
    default:
      return "Try again when STS answers."
  }
}

/** Whether each role can be assumed, for as long as the config says. */
export const roles = Effect.fnUntraced(function* (
  all: ReadonlyArray<CheckedRole>,
  caller: Effect.Effect<Caller>,
  { sessionDuration, sessionName }: SessionOptions
) {
  const sts = yield* Sts
  return all.map(({ arn, externalId }): Check => {
    const request = { roleArn: arn, sessionName, duration: sessionDuration }
    const run = sts.assumeRole({ ...request, ...(externalId === undefined ? undefined : { externalId }) }).pipe(
      Effect.matchEffect({
        onSuccess: () => Effect.succeed(ok(`assumed, for ${Duration.format(sessionDuration)}`)),
        onFailure: ({ reason }) =>
          Effect.map(caller, (who) => refused({ arn, externalId }, reason, who, sessionDuration))
      }),
      Effect.map((verdict) => ({ verdicts: [verdict] }))
    )
    return { name: roleName(arn), needs: [IDENTITY], run }
  })
})

/** STS does not tell whether it was the role or the identity that did not allow it, or that there is no such role. */
const refused = (
  { arn, externalId }: CheckedRole,
  reason: CredentialsError["reason"],
  { account, principal }: Caller,
  duration: Duration.Duration
): Verdict => {
  const name = arn.split("/").at(-1)
  switch (reason._tag) {
    case "AccessDenied":
      return failed(
        reason.detail,
        `Create the role if it is not there. Both sides must allow it${externalId === undefined ? "; where the role's trust policy asks for an external id, set externalId" : ", with this external id"}.`,
        [
          { to: "trust policy", of: arn, account: accountOf(arn), statement: statements.trust(principal, externalId) },
          { to: "identity policy", of: principal, account, statement: statements.assume([arn]) }
        ]
      )
    case "DurationTooLong":
      return failed(
        reason.detail,
        `In account ${accountOf(arn)}: aws iam update-role --role-name ${name} --max-session-duration ${Duration.toSeconds(duration)}`
      )
    default:
      return failed(reason.detail, "Try again when STS answers.")
  }
}
