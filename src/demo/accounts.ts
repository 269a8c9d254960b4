/**
 * The two accounts of the demo: A, with the logs, and B, where s3beat runs. Both allow what `s3beat policy` says, and no more.
 */
import { Duration } from "effect"
import * as Policies from "../policy/Policies.ts"
import { policyOf, queuePolicyOf, trustOf } from "./fromPolicies.ts"
import type { Account } from "./World.ts"

/** The queue's name, in B. */
export const QUEUE = "s3beat-events"

/** The role's name, in A. */
export const ROLE = "s3beat-reader"

const REGION = "us-east-1"
const ACCOUNT_A = "111111111111"
const ACCOUNT_B = "222222222222"
const BEAT_ARN = `arn:aws:iam::${ACCOUNT_B}:user/s3beat`
const ROLE_ARN = `arn:aws:iam::${ACCOUNT_A}:role/${ROLE}`
const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT_B}:${QUEUE}`
const EXTERNAL_ID = "demo-external-id"
const MAX_SESSION_DURATION = Duration.hours(1)

const bucket = (name: string, region: string) => ({ name, region, notifies: { queueArn: QUEUE_ARN } })

/** In two regions, and both tell the queue in B of new objects. */
const buckets = [bucket("prod-logs", REGION), bucket("prod-logs-eu", "eu-west-1")]

const policies = Policies.make({
  queues: [{ name: QUEUE, region: REGION }],
  roles: [{ arn: ROLE_ARN, externalId: EXTERNAL_ID, buckets: [], queues: [] }],
  sessionSeconds: Duration.toSeconds(MAX_SESSION_DURATION),
  principal: BEAT_ARN,
  buckets: buckets.map(({ name }) => name),
  kmsKeys: []
})

/** B's user, by whose keys the daemon is known. They are good for nothing but this AWS. */
const s3beatUser = {
  name: "s3beat",
  accessKeyId: "AKIADEMO222222222222",
  secretAccessKey: "demo-secret-of-account-b",
  policy: [
    ...policyOf(policies.identity.policy),
    // More than it needs, to show that a permission in B opens nothing in A.
    { actions: ["s3:GetObject"], resources: ["*"] }
  ]
}

/** A's user, who uploads. */
const uploader = {
  name: "uploader",
  accessKeyId: "AKIADEMO111111111111",
  secretAccessKey: "demo-secret-of-account-a",
  policy: [{ actions: ["s3:*"], resources: ["*"] }]
}

/** Account A: production. */
export const accountA: Account = {
  id: ACCOUNT_A,
  users: [uploader],
  roles: policies.roles.map(({ permissions, trust }) => ({
    name: ROLE,
    maxSessionDuration: MAX_SESSION_DURATION,
    policy: policyOf(permissions),
    ...trustOf(trust)
  })),
  buckets,
  queues: []
}

/** Account B: where the queue is, and s3beat. */
export const accountB: Account = {
  id: ACCOUNT_B,
  users: [s3beatUser],
  roles: [],
  buckets: [],
  queues: [
    {
      name: QUEUE,
      region: REGION,
      redrive: { deadLetterQueue: `${QUEUE}-dlq`, maxReceiveCount: 10 },
      policy: policies.queues.flatMap(({ policy }) => queuePolicyOf(policy))
    },
    { name: `${QUEUE}-dlq`, region: REGION }
  ]
}

/** What the demo speaks of. */
export const cast = {
  region: REGION,
  queueArn: QUEUE_ARN,
  roleArn: ROLE_ARN,
  externalId: EXTERNAL_ID,
  beat: s3beatUser,
  beatArn: BEAT_ARN,
  uploader
} as const
