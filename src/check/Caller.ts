/**
 * Who asks, as policies name it: what the statements to add are made of.
 */
import { Effect } from "effect"
import type { Identity } from "../credentials/Credentials.ts"
import type { Sts } from "../credentials/Sts.ts"
import { accountOf, placeholders, principalOf } from "../policy/arns.ts"
import type { Statement } from "../policy/PolicyDocument.ts"
import type { Addition } from "./Finding.ts"

/** The base identity. **Shape** Placeholders while nobody knows it. */
export interface Caller {
  readonly principal: string
  readonly account: string
}

/** Asks STS once, whoever wants to know. */
export const make = (sts: Sts["Service"]): Effect.Effect<Effect.Effect<Caller>> =>
  sts.callerIdentity.pipe(
    Effect.map(({ accountId, arn }) => ({ principal: principalOf(arn), account: accountId })),
    Effect.orElseSucceed(() => ({ principal: placeholders.principal, account: placeholders.account })),
    Effect.cached
  )

/** Where it has to be said that the identity may do this: a role's permissions, or the base identity's own policy. */
export const allowing = (caller: Caller, { accountId, name }: Identity, statements: ReadonlyArray<Statement>) =>
  statements.map((statement): Addition =>
    accountId === undefined
      ? { to: "identity policy", of: caller.principal, account: caller.account, statement }
      : { to: "role permissions", of: name, account: accountOf(name), statement }
  )
