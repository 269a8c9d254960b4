/**
 * The three accounts of the demo: A and C, with the logs, and B, where s3beat runs.
 */
import { Duration } from "effect"
import { type Account, type Policy, type Queue, roleArn, type User, userArn } from "./World.ts"

/** The queue's name, in B. */
export const QUEUE = "s3beat-events"

const REGION = "us-east-1"
const ID_A = "111111111111"
const ID_B = "222222222222"
const ID_C = "333333333333"
const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ID_B}:${QUEUE}`
const BEAT_ARN = `arn:aws:iam::${ID_B}:user/s3beat`

/** What s3beat does with a queue. */
const polling = (arn: string): Policy[number] => ({
  actions: [
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage"
  ],
  resources: [arn]
})

/** What s3beat does with a bucket. */
const reading = (bucket: string): Policy => [
  { actions: ["s3:GetObject"], resources: [`arn:aws:s3:::${bucket}/*`] },
  { actions: ["s3:ListBucket"], resources: [`arn:aws:s3:::${bucket}`] }
]

/** Whoever uploads to the buckets of an account. The keys are good for nothing but this AWS. */
const uploaderOf = (id: string, letter: string): User => ({
  name: "uploader",
  accessKeyId: `AKIADEMO${id}`,
  secretAccessKey: `demo-secret-of-account-${letter}`,
  policy: [{ actions: ["s3:*"], resources: ["*"] }]
})

/** A role that B's user may take on, if it knows the account's external id. */
const roleFor = (name: string, externalId: string, policy: Policy) => ({
  name,
  trusts: [BEAT_ARN],
  externalId,
  maxSessionDuration: Duration.hours(1),
  policy
})

/** A queue, and where its messages go that can never be shipped. */
const queueWithDeadLetters = (name: string, region: string): ReadonlyArray<Queue> => [
  { name, region, redrive: { deadLetterQueue: `${name}-dlq`, maxReceiveCount: 10 } },
  { name: `${name}-dlq`, region }
]

const reader = roleFor("s3beat-reader", "demo-external-id", reading("prod-logs"))
const readerEu = roleFor("s3beat-reader-eu", "demo-external-id", reading("prod-logs-eu"))

/** Account A: production. Its buckets are in two regions, with a role for each, and both tell the queue in B of new objects. */
export const accountA: Account = {
  id: ID_A,
  users: [uploaderOf(ID_A, "a")],
  roles: [reader, readerEu],
  buckets: [
    { name: "prod-logs", region: REGION, notifies: { queueArn: QUEUE_ARN } },
    { name: "prod-logs-eu", region: "eu-west-1", notifies: { queueArn: QUEUE_ARN } }
  ],
  queues: []
}

const AUDIT_REGION = "us-west-2"
const auditEvents = { name: "audit-events", region: AUDIT_REGION }
const AUDIT_QUEUE_ARN = `arn:aws:sqs:${AUDIT_REGION}:${ID_C}:${auditEvents.name}`
const auditor = roleFor("audit-reader", "external-id-of-c", [...reading("audit-logs"), polling(AUDIT_QUEUE_ARN)])

/** Account C: the auditors' archive. Its bucket tells a queue of its own, which the role that reads the bucket may poll as well. */
export const accountC: Account = {
  id: ID_C,
  users: [uploaderOf(ID_C, "c")],
  roles: [auditor],
  buckets: [{ name: "audit-logs", region: AUDIT_REGION, notifies: { queueArn: AUDIT_QUEUE_ARN } }],
  queues: queueWithDeadLetters(auditEvents.name, AUDIT_REGION)
}

const roleArns = [roleArn(accountA, reader), roleArn(accountA, readerEu), roleArn(accountC, auditor)] as const

/** B's user, by whose keys the daemon is known. */
const s3beatUser: User = {
  name: "s3beat",
  accessKeyId: `AKIADEMO${ID_B}`,
  secretAccessKey: "demo-secret-of-account-b",
  policy: [
    polling(QUEUE_ARN),
    { actions: ["sts:AssumeRole"], resources: roleArns },
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

const [roleArnA, roleArnEu, roleArnC] = roleArns

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
  externalId: reader.externalId,
  externalIdC: auditor.externalId,
  beat: s3beatUser,
  beatArn: userArn(accountB, s3beatUser),
  uploader: uploaderOf(ID_A, "a"),
  uploaderC: uploaderOf(ID_C, "c")
} as const
