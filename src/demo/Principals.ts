/**
 * Who is who in the embedded AWS: users by their keys, and the sessions that STS gave out.
 */
import { randomBytes } from "node:crypto"
import { Clock, Duration, Effect } from "effect"
import { AwsError } from "./AwsError.ts"
import { type Authorization, isSignedWith, type SignedRequest } from "./signature.ts"
import { type Account, type Policy, type Role, roleArn, userArn } from "./World.ts"

/** Someone who signed a request with good keys. `arn` is as GetCallerIdentity tells it. */
export interface Principal {
  readonly arn: string
  readonly accountId: string
  readonly policy: Policy
  /** The role, when this is one of its sessions. */
  readonly roleArn?: string
}

/** Whether one of these names means the principal: its ARN, its role's, its account's id or root. */
export const isAmong = ({ accountId, arn, roleArn }: Principal, names: ReadonlyArray<string>): boolean =>
  [arn, roleArn, accountId, `arn:aws:iam::${accountId}:root`].some((name) => name !== undefined && names.includes(name))

/** A session that STS gave out. **Units** times in milliseconds since the epoch. */
export interface Session {
  readonly roleArn: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly token: string
  readonly at: number
  readonly expiresAt: number
}

interface Known {
  readonly principal: Principal
  readonly secretAccessKey: string
  readonly session?: Session
}

/** The register. */
export interface Principals {
  /** Who signed the request. **Errors** `AwsError` as AWS words it for unknown keys, wrong secrets and expired tokens. */
  readonly authenticate: (authorization: Authorization, request: SignedRequest) => Effect.Effect<Principal, AwsError>
  /** A new session of the role. */
  readonly assume: (
    account: Account,
    role: Role,
    sessionName: string,
    duration: Duration.Duration
  ) => Effect.Effect<Session>
  /** From now on these sessions count as expired. */
  readonly revoke: (roleArn: string) => Effect.Effect<void>
  /** Every session given out, in order. */
  readonly sessions: Effect.Effect<ReadonlyArray<Session>>
}

/** The register of these accounts. */
export const make = (accounts: ReadonlyArray<Account>): Principals => {
  const known = new Map<string, Known>()
  const sessions: Array<Session> = []
  const revoked = new Set<string>()

  for (const account of accounts) {
    for (const user of account.users) {
      const principal = { arn: userArn(account, user), accountId: account.id, policy: user.policy }
      known.set(user.accessKeyId, { principal, secretAccessKey: user.secretAccessKey })
    }
  }

  const authenticate: Principals["authenticate"] = Effect.fnUntraced(function* (authorization, request) {
    const someone = known.get(authorization.accessKeyId)
    if (someone === undefined) return yield* unknownKey(authorization.service)
    const { principal, secretAccessKey, session } = someone
    if (session !== undefined) {
      if (request.headers["x-amz-security-token"] !== session.token) return yield* invalidToken
      const now = yield* Clock.currentTimeMillis
      if (now >= session.expiresAt || revoked.has(session.accessKeyId)) return yield* expired(authorization.service)
    }
    if (!isSignedWith(secretAccessKey, authorization, request)) return yield* wrongSignature
    return principal
  })

  const assume: Principals["assume"] = Effect.fnUntraced(function* (account, role, sessionName, duration) {
    const at = yield* Clock.currentTimeMillis
    const session: Session = {
      roleArn: roleArn(account, role),
      accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      token: randomBytes(120).toString("base64"),
      at,
      expiresAt: at + Duration.toMillis(duration)
    }
    sessions.push(session)
    known.set(session.accessKeyId, {
      principal: {
        arn: `arn:aws:sts::${account.id}:assumed-role/${role.name}/${sessionName}`,
        accountId: account.id,
        policy: role.policy,
        roleArn: session.roleArn
      },
      secretAccessKey: session.secretAccessKey,
      session
    })
    return session
  })

  return {
    authenticate,
    assume,
    revoke: (arn) =>
      Effect.sync(() => {
        for (const session of sessions) if (session.roleArn === arn) revoked.add(session.accessKeyId)
      }),
    sessions: Effect.sync(() => sessions.slice())
  }
}

const unknownKey = (service: string) =>
  new AwsError({
    status: 403,
    code: service === "s3" ? "InvalidAccessKeyId" : "InvalidClientTokenId",
    message:
      service === "s3"
        ? "The AWS Access Key Id you provided does not exist in our records."
        : "The security token included in the request is invalid."
  })

const wrongSignature = new AwsError({
  status: 403,
  code: "SignatureDoesNotMatch",
  message: "The request signature we calculated does not match the signature you provided."
})

const invalidToken = new AwsError({
  status: 400,
  code: "InvalidToken",
  message: "The provided token is malformed or otherwise invalid."
})

const expired = (service: string) =>
  new AwsError({
    status: service === "s3" ? 400 : 403,
    code: "ExpiredToken",
    message: "The provided token has expired."
  })
