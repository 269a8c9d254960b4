/**
 * The policies for people: each under a line that says where it is to be attached.
 */
import type { Policies } from "../policy/Policies.ts"
import type { PolicyDocument } from "../policy/PolicyDocument.ts"

/** Every document, as IAM's and SQS's forms take it. What nobody said is a `<placeholder>` in it. */
export const showPolicies = ({ identity, queues, roles }: Policies): string =>
  [
    section(`The policy of the identity that s3beat runs as, in account ${identity.account}`, identity.policy),
    ...roles.flatMap(({ account, arn, permissions, trust }) => [
      section(`The trust policy of ${arn}, in account ${account}`, trust),
      section(`The permissions of ${arn}, in account ${account}`, permissions)
    ]),
    ...queues.map(({ account, arn, policy }) => section(`The policy of queue ${arn}, in account ${account}`, policy))
  ].join("\n\n")

const section = (heading: string, document: PolicyDocument): string =>
  `${heading}:\n\n${JSON.stringify(document, null, 2)}`
