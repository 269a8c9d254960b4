/**
 * The three accounts of the demo: A and C, with the logs, and B, where s3beat runs. They allow what `s3beat policy` says, and no more.
 */
import { Duration } from "effect"
import * as Policies from "../policy/Policies.ts"
import { policyOf, queuePolicyOf, trustOf } from "./fromPolicies.ts"
import type { Account, Queue, Role, User } from "./World.ts"

/** The queue's name, in B. */
export const QUEUE = "s3beat-events"

const REGION = "us-east-1"
const ID_A = "111111111111"
const ID_B = "222222222222"
const ID_C = "333333333333"
const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ID_B}:${QUEUE}`
const BEAT_ARN = `arn:aws:iam::${ID_B}:user/s3beat`

/** Whoever uploads to the buckets of an account. The keys are good for nothing but this AWS. */
const uploaderOf = (id: string, letter: string): User => ({
  name: "uploader",
  accessKeyId: `AKIADEMO${id}`,
  secretAccessKey: `demo-secret-of-account-${letter}`,
  policy: [{ actions: ["s3:*"], resources: ["*"] }]
})

const AUDIT_REGION = "us-west-2"
const auditEvents = { name: "audit-events", region: AUDIT_REGION }
const AUDIT_QUEUE_ARN = `arn:aws:sqs:${AUDIT_REGION}:${ID_C}:${auditEvents.name}`

const MAX_SESSION_DURATION = Duration.hours(1)

/** The roles that B's user may take on, if it knows their external ids, and what each is for. */
const roleArns = [
  `arn:aws:iam::${ID_A}:role/s3beat-reader`,
  `arn:aws:iam::${ID_A}:role/s3beat-reader-eu`,
  `arn:aws:iam::${ID_C}:role/audit-reader`
] as const
const [roleArnA, roleArnEu, roleArnC] = roleArns
const EXTERNAL_ID = "demo-external-id"
const EXTERNAL_ID_C = "external-id-of-c"

const policies = Policies.make({
  queues: [{ name: QUEUE, region: REGION }, auditEvents],
  roles: [
    { arn: roleArnA, externalId: EXTERNAL_ID, buckets: ["prod-logs"], queues: [] },
    { arn: roleArnEu, externalId: EXTERNAL_ID, buckets: ["prod-logs-eu"], queues: [] },
    { arn: roleArnC, externalId: EXTERNAL_ID_C, buckets: ["audit-logs"], queues: [auditEvents.name] }
  ],
  sessionSeconds: Duration.toSeconds(MAX_SESSION_DURATION),
  principal: BEAT_ARN,
  buckets: [],
  kmsKeys: []
})

/** The roles of an account, as the policies have them. */
const rolesIn = (id: string): ReadonlyArray<Role> =>
  policies.roles
    .filter(({ account }) => account === id)
    .map(({ arn, permissions, trust }) =>
      Object.assign(
        { name: arn.split("/").at(-1) ?? "", maxSessionDuration: MAX_SESSION_DURATION, policy: policyOf(permissions) },
        trustOf(trust)
      )
    )

/** A queue that takes what the policies say, and where its messages go that can never be shipped. */
const queueWithDeadLetters = (name: string, region: string): ReadonlyArray<Queue> => [
  {
    name,
    region,
    redrive: { deadLetterQueue: `${name}-dlq`, maxReceiveCount: 10 },
    policy: policies.queues.filter(({ arn }) => arn.endsWith(`:${name}`)).flatMap(({ policy }) => queuePolicyOf(policy))
  },
  { name: `${name}-dlq`, region }
]

/** Account A: production. Its buckets are in two regions, with a role for each, and both tell the queue in B of new objects. */
export const accountA: Account = {
  id: ID_A,
  users: [uploaderOf(ID_A, "a")],
  roles: rolesIn(ID_A),
  buckets: [
    { name: "prod-logs", region: REGION, notifies: { queueArn: QUEUE_ARN } },
    { name: "prod-logs-eu", region: "eu-west-1", notifies: { queueArn: QUEUE_ARN } }
  ],
  queues: []
}

/** Account C: the auditors' archive. Its bucket tells a queue of its own, which the role that reads the bucket may poll as well. */
export const accountC: Account = {
  id: ID_C,
  users: [uploaderOf(ID_C, "c")],
  roles: rolesIn(ID_C),
  buckets: [{ name: "audit-logs", region: AUDIT_REGION, notifies: { queueArn: AUDIT_QUEUE_ARN } }],
  queues: queueWithDeadLetters(auditEvents.name, AUDIT_REGION)
}

/** B's user, by whose keys the daemon is known. */
const s3beatUser: User = {
  name: "s3beat",
  accessKeyId: `AKIADEMO${ID_B}`,
  secretAccessKey: "demo-secret-of-account-b",
  policy: [
    ...policyOf(policies.identity.policy),
    // More than it needs, to show that a permission in B opens nothing in A or C.
    { actions: ["s3:GetObject"], resources: ["*"] }
  ]
}

/** Account B: where the queue is, and s3beat. */
export const accountB: Account = {
  id: ID_B,
  users: [s3beatUser],
  roles: [],
  buckets: [],
  queues: queueWithDeadLetters(QUEUE, REGION)
}

/** What the demo speaks of. */
export const cast = {
  region: REGION,
  queueArn: QUEUE_ARN,
  queueArns: [QUEUE_ARN, AUDIT_QUEUE_ARN],
  auditEvents,
  roleArn: roleArnA,
  roleArnEu,
  roleArnC,
  roleArns,
  externalId: EXTERNAL_ID,
  externalIdC: EXTERNAL_ID_C,
  beat: s3beatUser,
  beatArn: BEAT_ARN,
  uploader: uploaderOf(ID_A, "a"),
  uploaderC: uploaderOf(ID_C, "c")
} as const
