/**
 * STS in memory: sessions by the Effect clock, for roles that a test describes, with the faults that it wishes for.
 */
import { Clock, Context, Data, Duration, Effect, Layer, Redacted } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { CredentialsError, DurationTooLong } from "../credentials/Credentials.ts"
import { type AssumeRoleRequest, Sts } from "../credentials/Sts.ts"
import { AccessDenied, Unavailable } from "../domain/reasons.ts"

/**
 * What goes wrong with calls.
 *
 * **Shape** `Outage`: every call fails. `Sometimes`: this share of the calls fails (`0.25`: a quarter), the same ones for the
 * same seed. `NoAnswer`: calls are never answered.
 */
export type Fault = Data.TaggedEnum<{
  Outage: {}
  Sometimes: { readonly share: number; readonly seed: number }
  NoAnswer: {}
}>

/** The faults, by name. */
export const Fault = Data.taggedEnum<Fault>()

/** What is peculiar to a role. A role of which nothing is said trusts us, and may have sessions of 12 hours. */
export interface Role {
  readonly isTrusting?: boolean
  readonly externalId?: string
  readonly maxSessionDuration?: Duration.Duration
}

/** An AssumeRole that reached STS. **Shape** `outcome` is undefined while it is not answered. **Units** `at` in milliseconds since the epoch. */
export interface Call {
  readonly request: AssumeRoleRequest
  readonly at: number
  readonly outcome: "Granted" | CredentialsError["reason"]["_tag"] | undefined
}

/** The far side of the in-memory STS: what a test describes, breaks and looks at. */
export class StsMemory extends Context.Service<
  StsMemory,
  {
    /** From now on the role is so. */
    readonly setRole: (roleArn: string, role: Role) => Effect.Effect<void>
    /** From now on calls fail so; a second fault takes the place of the first. */
    readonly fail: (fault: Fault) => Effect.Effect<void>
    /** Calls fail no more. */
    readonly heal: Effect.Effect<void>
    /** From now on every call takes so long to be done. */
    readonly setLatency: (latency: Duration.Duration) => Effect.Effect<void>
    /** The calls for this role, in the order in which they came, failed ones included. */
    readonly calls: (roleArn: string) => Effect.Effect<ReadonlyArray<Call>>
  }
>()("s3beat/testing/StsMemory") {}

/** What a role may be asked for that does not say it. */
const LONGEST_SESSION = Duration.hours(12)

const make = Effect.sync(() => {
  const roles = new Map<string, Role>()
  const calls: Array<Call> = []
  let fault: Fault | undefined
  let random = pseudorandom(0)
  let latency = Duration.zero
  let serial = 0

  /** What every call goes through before anything is done. */
  const begin = Effect.fnUntraced(function* (identity: string) {
    yield* Effect.sleep(latency)
    if (fault?._tag === "NoAnswer") return yield* Effect.never
    if (fault?._tag === "Outage" || (fault?._tag === "Sometimes" && random() < fault.share)) {
      const reason = new Unavailable({ detail: "STS is down, the test says so" })
      return yield* new CredentialsError({ identity, reason })
    }
  })

  const grant = Effect.fnUntraced(function* (request: AssumeRoleRequest) {
    yield* begin(request.roleArn)
    const reason = refusalOf(roles.get(request.roleArn) ?? {}, request)
    if (reason !== undefined) return yield* new CredentialsError({ identity: request.roleArn, reason })
    const name = `MEMORY${(serial += 1)}`
    return {
      accessKeyId: Redacted.make(`ASIA${name}`),
      secretAccessKey: Redacted.make(`secret-of-${name}`),
      sessionToken: Redacted.make(`token-of-${name}`),
      expiresAt: (yield* Clock.currentTimeMillis) + Duration.toMillis(request.duration)
    } satisfies AwsKeys
  })

  const sts = Sts.of({
    assumeRole: Effect.fnUntraced(function* (request) {
      const at = yield* Clock.currentTimeMillis
      const index = calls.push({ request, at, outcome: undefined }) - 1
      const ended = (outcome: Call["outcome"]) => Effect.sync(() => void (calls[index] = { request, at, outcome }))
      return yield* grant(request).pipe(
        Effect.tap(() => ended("Granted")),
        Effect.tapError(({ reason }) => ended(reason._tag))
      )
    }),
    callerIdentity: Effect.as(begin("the base identity"), {
      arn: "arn:aws:iam::000000000000:user/memory",
      accountId: "000000000000"
    })
  })

  const controls = StsMemory.of({
    setRole: (roleArn, role) => Effect.sync(() => void roles.set(roleArn, role)),
    fail: (next) =>
      Effect.sync(() => {
        fault = next
        if (next._tag === "Sometimes") random = pseudorandom(next.seed)
      }),
    heal: Effect.sync(() => void (fault = undefined)),
    setLatency: (value) => Effect.sync(() => void (latency = value)),
    calls: (roleArn) => Effect.sync(() => calls.filter(({ request }) => request.roleArn === roleArn))
  })

  return Context.make(Sts, sts).pipe(Context.add(StsMemory, controls))
})

const refusalOf = (role: Role, request: AssumeRoleRequest): CredentialsError["reason"] | undefined => {
  const { externalId, isTrusting = true, maxSessionDuration = LONGEST_SESSION } = role
  if (!isTrusting || (externalId !== undefined && externalId !== request.externalId)) {
    return new AccessDenied({ detail: "the role does not trust the base identity" })
  }
  return Duration.isGreaterThan(request.duration, maxSessionDuration)
    ? new DurationTooLong({ detail: "the role's maximum session duration is shorter than was asked" })
    : undefined
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
const pseudorandom = (seed: number) => {
  let state = seed | 0
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An `Sts` without STS, and its far side. */
export const layer: Layer.Layer<Sts | StsMemory> = Layer.effectContext(make)
