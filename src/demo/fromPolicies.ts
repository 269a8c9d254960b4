/**
 * The policies that `s3beat policy` prints, as this world has them.
 */
import { many, type PolicyDocument } from "../policy/PolicyDocument.ts"
import type { Policy, QueueStatement, Role } from "./World.ts"

/** What an identity's policy allows. */
export const policyOf = ({ Statement }: PolicyDocument): Policy =>
  Statement.map(({ Action, Resource = [] }) => ({ actions: many(Action), resources: many(Resource) }))

/** Whom a role's trust policy lets in. */
export const trustOf = ({ Statement }: PolicyDocument): Pick<Role, "trusts" | "externalId"> => {
  const externalIds = Statement.flatMap(({ Condition }) => many(Condition?.["StringEquals"]?.["sts:ExternalId"] ?? []))
  return {
    trusts: Statement.flatMap(principalsOf),
    ...(externalIds[0] === undefined ? undefined : { externalId: externalIds[0] })
  }
}

/** Whom a queue's policy lets in. */
export const queuePolicyOf = ({ Statement }: PolicyDocument): ReadonlyArray<QueueStatement> =>
  Statement.map((statement) => {
    const [sourceAccount] = many(statement.Condition?.["StringEquals"]?.["aws:SourceAccount"] ?? [])
    const sourceArns = statement.Condition?.["ArnLike"]?.["aws:SourceArn"]
    return {
      principals: principalsOf(statement),
      actions: many(statement.Action),
      ...(sourceArns === undefined ? undefined : { sourceArns: many(sourceArns) }),
      ...(sourceAccount === undefined ? undefined : { sourceAccount })
    }
  })

const principalsOf = ({ Principal }: PolicyDocument["Statement"][number]): ReadonlyArray<string> => {
  if (Principal === undefined) return []
  return "AWS" in Principal ? many(Principal.AWS) : [Principal.Service]
}
