/**
 * STS, as far as s3beat asks it: AssumeRole and GetCallerIdentity, in the query protocol.
 *
 * **Source** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { randomUUID } from "node:crypto"
import { Duration, Effect } from "effect"
import { accessDenied, AwsError } from "./AwsError.ts"
import type { Exchange } from "./Exchange.ts"
import { allows } from "./policy.ts"
import type { Principals } from "./Principals.ts"
import { type Account, type Role, roleArn } from "./World.ts"
import { xml } from "./xml.ts"

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

/** What AssumeRole accepts at all. */
const SHORTEST_SECONDS = 900
const LONGEST_SECONDS = 43_200

/** How STS behaves. `sessionLifetimeCap` makes sessions end sooner than was asked, so that their renewal can be watched. */
export interface StsOptions {
  readonly accounts: ReadonlyArray<Account>
  readonly principals: Principals
  readonly sessionLifetimeCap?: Duration.Duration | undefined
}

/** What the request asks for. */
export const operationOf = (form: URLSearchParams) => ({
  service: "sts" as const,
  action: `sts:${form.get("Action") ?? "Unknown"}`,
  resource: form.get("RoleArn") ?? "*"
})

/** Answers the request with a body of XML. */
export const answer = (
  options: StsOptions,
  exchange: Exchange,
  form: URLSearchParams
): Effect.Effect<string, AwsError> => {
  switch (form.get("Action")) {
    case "AssumeRole":
      return assumeRole(options, exchange, form)
    case "GetCallerIdentity":
      return Effect.succeed(
        response("GetCallerIdentity", {
          Arn: exchange.principal.arn,
          UserId: exchange.principal.arn.split("/").slice(1).join(":"),
          Account: exchange.principal.accountId
        })
      )
    default:
      return Effect.fail(new AwsError({ status: 400, code: "InvalidAction", message: "Could not find this operation" }))
  }
}

const assumeRole = Effect.fnUntraced(function* (options: StsOptions, { principal }: Exchange, form: URLSearchParams) {
  const arn = form.get("RoleArn") ?? ""
  const seconds = Number(form.get("DurationSeconds") ?? 3600)
  if (!Number.isInteger(seconds) || seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) {
    return yield* invalid(
      `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint`
    )
  }
  const found = find(options.accounts, arn)
  if (found === undefined || !isTrusted(found.role, principal, form)) return yield* denied(principal.arn, arn)
  if (!allows(principal.policy, "sts:AssumeRole", arn)) return yield* denied(principal.arn, arn)
  if (seconds > Duration.toSeconds(found.role.maxSessionDuration)) {
    return yield* invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
  }
  const lifetime = Duration.min(Duration.seconds(seconds), options.sessionLifetimeCap ?? Duration.infinity)
  const sessionName = form.get("RoleSessionName") ?? ""
  const session = yield* options.principals.assume(found.account, found.role, sessionName, lifetime)
  return response("AssumeRole", {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.token,
      Expiration: new Date(session.expiresAt).toISOString()
    },
    AssumedRoleUser: {
      AssumedRoleId: `AROA${found.role.name.toUpperCase()}:${sessionName}`,
      Arn: `arn:aws:sts::${found.account.id}:assumed-role/${found.role.name}/${sessionName}`
    }
  })
})

const find = (accounts: ReadonlyArray<Account>, arn: string) => {
  for (const account of accounts) {
    const role = account.roles.find((role) => roleArn(account, role) === arn)
    if (role !== undefined) return { account, role }
  }
  return undefined
}

const isTrusted = (role: Role, principal: Exchange["principal"], form: URLSearchParams): boolean =>
  (role.trusts.includes(principal.arn) || role.trusts.includes(principal.accountId)) &&
  (role.externalId === undefined || role.externalId === form.get("ExternalId"))

/** AWS tells neither whether the role is there nor what of its trust policy was not met. */
const denied = (who: string, arn: string) => accessDenied(who, "sts:AssumeRole", arn)

const invalid = (message: string) => new AwsError({ status: 400, code: "ValidationError", message })

const response = (action: string, result: Parameters<typeof xml>[0]): string =>
  `<${action}Response xmlns="${NAMESPACE}">${xml({
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: randomUUID() }
  })}</${action}Response>`
