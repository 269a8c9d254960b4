/**
 * A session of an assumed role: a scoped resource, renewed on a Schedule well before it expires.
 */
import { Clock, Duration, Effect, Fiber, Random, Redacted, Schedule, type Scope } from "effect"
import * as retry from "../retry.ts"
import type { AwsKeys } from "./AwsKeys.ts"
import type { CredentialsError, Identity } from "./Credentials.ts"
import { type AssumeRoleRequest, Sts } from "./Sts.ts"

/** A session is renewed a fifth of its life ahead of its end, or this, whichever is less. */
const LONGEST_LEAD = Duration.minutes(5)

/** Renewals are spread over this part of the lead, so that many daemons do not ask at the same moment. */
const JITTER = 0.25

/** Nobody is handed a session with less than this to live, or a tenth of its life, while a new one can be had. */
const LONGEST_MARGIN = Duration.minutes(1)

/** After a failure STS is not asked again for this long, however many want keys. */
const FAILURE_HOLDS = Duration.seconds(1)

/** Renewals are no closer than this, even when a wrong clock sees every session over before it begins. */
const SHORTEST_PAUSE = Duration.seconds(1)

interface Session {
  readonly keys: AwsKeys
  /** Milliseconds since the epoch: when to renew it, when it may no longer be handed out, when it is over. */
  readonly renewAt: number
  readonly spareUntil: number
  readonly expiresAt: number
}

interface Failure {
  readonly error: CredentialsError
  readonly at: number
}

/**
 * The identity of the role, kept renewed until the scope closes. The first session is asked for at once.
 *
 * **Guarantee** One AssumeRole per renewal, whatever the number of users. A session that cannot be renewed serves on until it
 * really expires, while renewal is tried again with backoff; after an outage `keys` work again within seconds of the first
 * AssumeRole that succeeds.
 *
 * **Errors** Never fails by itself: `keys` fails with what STS said when there is no session that is still good.
 */
export const make: (request: AssumeRoleRequest) => Effect.Effect<Identity, never, Sts | Scope.Scope> =
  Effect.fnUntraced(function* (request) {
    const sts = yield* Sts
    const scope = yield* Effect.scope
    let session: Session | undefined
    let failure: Failure | undefined
    let failures = 0
    let renewing: Fiber.Fiber<AwsKeys, CredentialsError> | undefined

    const succeeded = Effect.fnUntraced(function* (keys: AwsKeys) {
      const now = yield* Clock.currentTimeMillis
      session = yield* planned(keys, now, request.duration)
      failure = undefined
      failures = 0
      yield* Effect.logInfo(
        `Session for ${request.roleArn} is good until ${new Date(session.expiresAt).toISOString()}.`
      )
    })

    const failed = Effect.fnUntraced(function* (error: CredentialsError) {
      const now = yield* Clock.currentTimeMillis
      failure = { error, at: now }
      failures++
      if (!isPowerOfTwo(failures)) return
      const left = session === undefined ? 0 : session.expiresAt - now
      const rest =
        left > 0 ? `the old one lasts ${Duration.format(Duration.seconds(Math.round(left / 1000)))}` : "there is none"
      const log = error.reason._tag === "Unavailable" ? Effect.logWarning : Effect.logError
      yield* log(`Cannot get a session for ${request.roleArn} (try ${failures}), ${rest}: ${error.reason.detail}`)
    })

    /** One AssumeRole for all who want it now. It belongs to the scope, not to whoever came first and may go away. */
    const renew: Effect.Effect<AwsKeys, CredentialsError> = Effect.suspend(() =>
      renewing !== undefined && renewing.pollUnsafe() === undefined
        ? Fiber.join(renewing)
        : sts.assumeRole(request).pipe(
            Effect.tap(succeeded),
            Effect.tapError(failed),
            Effect.forkIn(scope),
            Effect.tap((fiber) => Effect.sync(() => void (renewing = fiber))),
            Effect.uninterruptible,
            Effect.flatMap(Fiber.join)
          )
    )

    // Whether it is due is asked before every try: someone who needed keys may have renewed the session between two.
    const renewWhenDue = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (session === undefined || session.renewAt <= now) yield* renew
    }).pipe(Effect.retry(retry.sessionRefresh))

    const untilDue = Effect.map(Clock.currentTimeMillis, (now) =>
      Duration.millis(Math.max(Duration.toMillis(SHORTEST_PAUSE), (session?.renewAt ?? now) - now))
    )

    const keys = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (session !== undefined && now < session.spareUntil) return session.keys
      const isTooSoon = failure !== undefined && now < failure.at + Duration.toMillis(FAILURE_HOLDS)
      const renewed = isTooSoon && failure !== undefined ? Effect.fail(failure.error) : renew
      return yield* Effect.catch(renewed, (error) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          session !== undefined && now < session.expiresAt ? Effect.succeed(session.keys) : Effect.fail(error)
        )
      )
    })

    const refresh = (rejected: AwsKeys) =>
      Effect.suspend(() =>
        session !== undefined && isSame(session.keys, rejected) ? Effect.asVoid(renew) : Effect.asVoid(keys)
      )

    yield* renewWhenDue.pipe(Effect.repeat(Schedule.forever.pipe(Schedule.addDelay(() => untilDue))), Effect.forkScoped)

    return { name: request.roleArn, accountId: accountOf(request.roleArn), keys, refresh }
  })

const planned = (keys: AwsKeys, now: number, duration: Duration.Duration): Effect.Effect<Session> =>
  Effect.map(Random.next, (random) => {
    const expiresAt = keys.expiresAt ?? now + Duration.toMillis(duration)
    const life = Math.max(0, expiresAt - now)
    const lead = Math.min(life / 5, Duration.toMillis(LONGEST_LEAD))
    return {
      keys,
      expiresAt,
      renewAt: Math.floor(expiresAt - lead * (1 + JITTER * random)),
      spareUntil: expiresAt - Math.min(life / 10, Duration.toMillis(LONGEST_MARGIN))
    }
  })

const isSame = (one: AwsKeys, other: AwsKeys): boolean =>
  Redacted.value(one.accessKeyId) === Redacted.value(other.accessKeyId)

const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0

/** `arn:aws:iam::111111111111:role/name`: the account is the fifth part. */
export const accountOf = (arn: string): string => arn.split(":")[4] ?? ""
