/**
 * STS over the AWS SDK.
 */
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts"
import { Duration, Effect, Layer, Redacted } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { BaseIdentity } from "../credentials/BaseIdentity.ts"
import { CredentialsError, DurationTooLong } from "../credentials/Credentials.ts"
import { type AssumeRoleRequest, Sts } from "../credentials/Sts.ts"
import { Unavailable } from "../domain/reasons.ts"
import * as AwsClients from "./AwsClients.ts"
import type { AwsFailure } from "./awsFailure.ts"

/** Where STS is. **Shape** `endpoint` is a URL, for other services than AWS's own. */
export interface StsOptions {
  readonly region: string
  readonly endpoint?: string | undefined
}

/** How long STS may take to answer. */
const ANSWER_LIMIT = Duration.seconds(10)

const make = Effect.fnUntraced(function* ({ endpoint, region }: StsOptions) {
  const base = yield* BaseIdentity
  const clients = yield* AwsClients.make<STSClient>({
    make: (config) => new STSClient({ ...config, ...(endpoint === undefined ? undefined : { endpoint }) }),
    close: (client) => client.destroy()
  })

  const call = <A>(
    identity: string,
    send: Parameters<typeof clients.call<A>>[2],
    reasonOf: (failure: AwsFailure) => CredentialsError["reason"]
  ) =>
    clients.call(base, region, send).pipe(
      Effect.mapError((failure) =>
        failure._tag === "CredentialsError" ? failure : new CredentialsError({ identity, reason: reasonOf(failure) })
      ),
      Effect.timeoutOrElse({
        duration: ANSWER_LIMIT,
        orElse: () =>
          Effect.fail(
            new CredentialsError({
              identity,
              reason: new Unavailable({ detail: `STS gave no answer within ${Duration.format(ANSWER_LIMIT)}` })
            })
          )
      })
    )

  return Sts.of({
    assumeRole: (request) =>
      call(
        request.roleArn,
        (client, options) => client.send(new AssumeRoleCommand(inputOf(request)), options),
        (failure) => assumeRoleReason(failure, request)
      ).pipe(Effect.flatMap(({ Credentials }) => toKeys(request, Credentials))),

    callerIdentity: call(
      base.name,
      (client, options) => client.send(new GetCallerIdentityCommand({}), options),
      sharedReason
    ).pipe(Effect.map(({ Account = "", Arn = "" }) => ({ arn: Arn, accountId: Account })))
  })
})

const inputOf = ({ duration, externalId, roleArn, sessionName }: AssumeRoleRequest) => ({
  RoleArn: roleArn,
  RoleSessionName: sessionName,
  DurationSeconds: Math.floor(Duration.toSeconds(duration)),
  ...(externalId === undefined ? undefined : { ExternalId: externalId })
})

const toKeys = (
  { roleArn }: AssumeRoleRequest,
  session:
    | {
        AccessKeyId?: string | undefined
        SecretAccessKey?: string | undefined
        SessionToken?: string | undefined
        Expiration?: Date | undefined
      }
    | undefined
): Effect.Effect<AwsKeys, CredentialsError> =>
  session?.AccessKeyId === undefined || session.SecretAccessKey === undefined || session.SessionToken === undefined
    ? Effect.fail(
        new CredentialsError({ identity: roleArn, reason: new Unavailable({ detail: "STS answered without keys" }) })
      )
    : Effect.succeed({
        accessKeyId: Redacted.make(session.AccessKeyId),
        secretAccessKey: Redacted.make(session.SecretAccessKey),
        sessionToken: Redacted.make(session.SessionToken),
        ...(session.Expiration === undefined ? undefined : { expiresAt: session.Expiration.getTime() })
      })

/** Base keys that have expired cannot be renewed from here: for whoever wants a role that is the same as being away. */
const sharedReason = ({ reason }: AwsFailure): CredentialsError["reason"] =>
  reason._tag === "CredentialsExpired" ? new Unavailable({ detail: reason.detail }) : reason

/**
 * STS tells a duration over the role's maximum by its text alone.
 *
 * **Source** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)
 */
const assumeRoleReason = (
  failure: AwsFailure,
  { duration, roleArn }: AssumeRoleRequest
): CredentialsError["reason"] => {
  if (failure.code !== "ValidationError" || !/DurationSeconds|session limit/iu.test(failure.detail)) {
    return sharedReason(failure)
  }
  const asked = Duration.format(duration)
  return new DurationTooLong({
    detail: /chain/iu.test(failure.detail)
      ? `a role that is assumed by a role may have sessions of 1h at most, and stsCredsExpirationTime asks for ${asked}: set stsCredsExpirationTime to 1h`
      : `the maximum session duration of the role is shorter than stsCredsExpirationTime (${asked}): lower stsCredsExpirationTime, or raise the maximum session duration of ${roleArn} in its account`
  })
}

/** STS, asked as the base identity. One client, closed with the Layer. */
export const layer = (options: StsOptions): Layer.Layer<Sts, never, BaseIdentity> => Layer.effect(Sts, make(options))
