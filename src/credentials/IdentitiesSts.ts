/**
 * The identities of a process that asks STS itself: a session for every role that the config names.
 */
import type { Duration } from "effect"
import { Effect, Layer } from "effect"
import { BaseIdentity } from "./BaseIdentity.ts"
import { type AssumedRole, Identities, type Role } from "./Identities.ts"
import type { Sts } from "./Sts.ts"
import * as StsSession from "./StsSession.ts"

/** The roles, and how their sessions are asked for. */
export interface SessionOptions {
  readonly roles: ReadonlyArray<Role>
  readonly sessionName: string
  readonly duration: Duration.Duration
}

const make = Effect.fnUntraced(function* ({ duration, roles, sessionName }: SessionOptions) {
  const assumed = yield* Effect.forEach(roles, (role) =>
    Effect.map(
      StsSession.make({
        roleArn: role.arn,
        sessionName,
        duration,
        ...(role.externalId === undefined ? undefined : { externalId: role.externalId })
      }),
      (identity): AssumedRole => ({ role, identity })
    )
  )
  return Identities.of({ base: yield* BaseIdentity, assumed })
})

/** Sessions over the `Sts` that is provided, kept renewed until the Layer closes. */
export const layer = (options: SessionOptions): Layer.Layer<Identities, never, Sts | BaseIdentity> =>
  Layer.effect(Identities, make(options))
