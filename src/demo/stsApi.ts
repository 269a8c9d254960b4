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
import { isAmong, type Principals } from "./Principals.ts"
import { type Account, type Role, roleArn } from "./World.ts"
import { xml } from "./xml.ts"

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

/** What AssumeRole accepts at all. */
const SHORTEST_SECONDS = 900
const LONGEST_SECONDS = 43_200
const LONGEST_CHAINED_SECONDS = 3600
const SESSION_NAME_LENGTH = { least: 2, most: 64 }

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
  const sessionName = form.get("RoleSessionName") ?? ""
  const malformed = durationProblem(seconds) ?? sessionNameProblem(sessionName)
  if (malformed !== undefined) return yield* invalid(`1 validation error detected: ${malformed}`)
  const found = find(options.accounts, arn)
  if (found === undefined || !isTrusted(found.role, principal, form)) return yield* denied(principal.arn, arn)
  if (!allows(principal.policy, "sts:AssumeRole", arn)) return yield* denied(principal.arn, arn)
  if (seconds > Duration.toSeconds(found.role.maxSessionDuration)) {
    return yield* invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
  }
  if (principal.roleArn !== undefined && seconds > LONGEST_CHAINED_SECONDS) {
    return yield* invalid(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    )
  }
  const lifetime = Duration.min(Duration.seconds(seconds), options.sessionLifetimeCap ?? Duration.infinity)
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

const durationProblem = (seconds: number): string | undefined => {
  const because = (constraint: string) =>
    `Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${constraint}`
  if (!(seconds >= SHORTEST_SECONDS)) return because(`greater than or equal to ${SHORTEST_SECONDS}`)
  return seconds > LONGEST_SECONDS ? because(`less than or equal to ${LONGEST_SECONDS}`) : undefined
}

const sessionNameProblem = (name: string): string | undefined => {
  const because = (constraint: string) =>
    `Value '${name}' at 'roleSessionName' failed to satisfy constraint: Member must ${constraint}`
  const { least, most } = SESSION_NAME_LENGTH
  if (name.length < least) return because(`have length greater than or equal to ${least}`)
  if (name.length > most) return because(`have length less than or equal to ${most}`)
  return /^[\w+=,.@-]*$/u.test(name) ? undefined : because("satisfy regular expression pattern: [\\w+=,.@-]*")
}

const find = (accounts: ReadonlyArray<Account>, arn: string) => {
  for (const account of accounts) {
    const role = account.roles.find((role) => roleArn(account, role) === arn)
    if (role !== undefined) return { account, role }
  }
  return undefined
}

const isTrusted = (role: Role, principal: Exchange["principal"], form: URLSearchParams): boolean =>
  isAmong(principal, role.trusts) && (role.externalId === undefined || role.externalId === form.get("ExternalId"))

/** AWS tells neither whether the role is there nor what of its trust policy was not met. */
const denied = (who: string, arn: string) => accessDenied(who, "sts:AssumeRole", arn)

const invalid = (message: string) => new AwsError({ status: 400, code: "ValidationError", message })

const response = (action: string, result: Parameters<typeof xml>[0]): string =>
  `<${action}Response xmlns="${NAMESPACE}">${xml({
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: randomUUID() }
  })}</${action}Response>`
