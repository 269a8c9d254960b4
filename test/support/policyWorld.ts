/**
 * Two accounts that allow exactly what policies say: B with the queue and s3beat's keys, A with the role and the buckets.
 */
import { Duration } from "effect"
import { policyOf, queuePolicyOf, trustOf } from "../../src/demo/fromPolicies.ts"
import type { Account, Bucket, Queue, Role, User } from "../../src/demo/World.ts"
import type { Policies } from "../../src/policy/Policies.ts"

/** The names of this world. */
export const ROLE = "arn:aws:iam::111111111111:role/reader"
export const QUEUE = "arn:aws:sqs:us-east-1:222222222222:events"
export const BEAT = "arn:aws:iam::222222222222:user/s3beat"
export const KEY = "arn:aws:kms:us-east-1:111111111111:key/logs"

/** Its parts, as these policies make them. */
export const partsOf = ({ identity, queues, roles }: Policies) => {
  const user: User = {
    name: "s3beat",
    accessKeyId: "AKIABEAT",
    secretAccessKey: "secret-of-beat",
    policy: policyOf(identity.policy)
  }
  const queue: Queue = {
    name: "events",
    region: "us-east-1",
    redrive: { deadLetterQueue: "dead", maxReceiveCount: 10 },
    policy: queues.flatMap(({ policy }) => queuePolicyOf(policy))
  }
  const role: Role = {
    name: "reader",
    maxSessionDuration: Duration.hours(1),
    policy: roles.flatMap(({ permissions }) => policyOf(permissions)),
    trusts: [],
    ...roles.map(({ trust }) => trustOf(trust))[0]
  }
  return { user, queue, role }
}

/** The world of these parts. **Shape** `others` are further queues of B. */
export const accountsOf = (
  { queue, role, user }: ReturnType<typeof partsOf>,
  buckets: ReadonlyArray<Bucket>,
  others: ReadonlyArray<Queue> = []
): ReadonlyArray<Account> => [
  {
    id: "222222222222",
    users: [user],
    roles: [],
    buckets: [],
    queues: [queue, { name: "dead", region: "us-east-1" }, ...others]
  },
  { id: "111111111111", users: [], roles: [role], buckets, queues: [] }
]
