/**
 * The two accounts of the demo: A, with the logs, and B, where s3beat runs.
 */
import { Duration } from "effect"
import { type Account, userArn } from "./World.ts"

/** The queue's name, in B. */
export const QUEUE = "s3beat-events"

/** The role's name, in A. */
export const ROLE = "s3beat-reader"

const REGION = "us-east-1"
const ROLE_ARN = `arn:aws:iam::111111111111:role/${ROLE}`
const QUEUE_ARN = `arn:aws:sqs:${REGION}:222222222222:${QUEUE}`

/** B's user, by whose keys the daemon is known. They are good for nothing but this AWS. */
const s3beatUser = {
  name: "s3beat",
  accessKeyId: "AKIADEMO222222222222",
  secretAccessKey: "demo-secret-of-account-b",
  policy: [
    {
      actions: [
        "sqs:GetQueueUrl",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage"
      ],
      resources: [QUEUE_ARN]
    },
    { actions: ["sts:AssumeRole"], resources: [ROLE_ARN] },
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

const bucket = (name: string, region: string) => ({ name, region, notifies: { queueArn: QUEUE_ARN } })

/** Account A: production. Its buckets are in two regions, and both tell the queue in B of new objects. */
export const accountA: Account = {
  id: "111111111111",
  users: [uploader],
  roles: [
    {
      name: ROLE,
      trusts: ["arn:aws:iam::222222222222:user/s3beat"],
      externalId: "demo-external-id",
      maxSessionDuration: Duration.hours(1),
      policy: [
        { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::prod-logs/*", "arn:aws:s3:::prod-logs-eu/*"] },
        { actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::prod-logs", "arn:aws:s3:::prod-logs-eu"] }
      ]
    }
  ],
  buckets: [bucket("prod-logs", REGION), bucket("prod-logs-eu", "eu-west-1")],
  queues: []
}

/** Account B: where the queue is, and s3beat. */
export const accountB: Account = {
  id: "222222222222",
  users: [s3beatUser],
  roles: [],
  buckets: [],
  queues: [
    { name: QUEUE, region: REGION, redrive: { deadLetterQueue: `${QUEUE}-dlq`, maxReceiveCount: 10 } },
    { name: `${QUEUE}-dlq`, region: REGION }
  ]
}

/** What the demo speaks of. */
export const cast = {
  region: REGION,
  queueArn: QUEUE_ARN,
  roleArn: ROLE_ARN,
  externalId: "demo-external-id",
  beat: s3beatUser,
  beatArn: userArn(accountB, s3beatUser),
  uploader
} as const
