/**
 * A world of two accounts on the embedded AWS, ready for tests: A has the logs, B the queues and the one who reads.
 */
import { Duration, type Layer } from "effect"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import type { EmulatorMissing } from "../../src/demo/Upstream.ts"
import { type Account, queueArn, roleArn, userArn } from "../../src/demo/World.ts"

const region = "us-east-1"

/** A's user, who uploads, and may send to B's queue, as the queue allows A. */
export const uploader = {
  name: "uploader",
  accessKeyId: "AKIAUPLOADER",
  secretAccessKey: "secret-of-uploader",
  policy: [{ actions: ["s3:*", "sqs:*"], resources: ["*"] }]
}

/** B's user: may do everything with B's queues and own bucket, and assume A's roles. */
export const beat = {
  name: "s3beat",
  accessKeyId: "AKIABEAT",
  secretAccessKey: "secret-of-beat",
  policy: [
    { actions: ["sqs:*"], resources: ["arn:aws:sqs:*:222222222222:*"] },
    { actions: ["sts:AssumeRole"], resources: ["arn:aws:iam::*:role/*"] },
    // More than it has any use for: a permission in B opens nothing in A.
    { actions: ["s3:*"], resources: ["*"] }
  ]
}

/** A role that whoever B lets may assume. */
export const reader = {
  name: "s3beat-reader",
  trusts: ["222222222222"],
  maxSessionDuration: Duration.hours(1),
  policy: [
    { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::prod-logs/*", "arn:aws:s3:::prod-logs-eu/*"] },
    { actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::prod-logs"] }
  ]
}

/** The same, for sessions of half a day, and only to whoever knows its external id. */
export const readerExternal = {
  ...reader,
  name: "s3beat-reader-external",
  externalId: "shared-by-both",
  maxSessionDuration: Duration.hours(12)
}

/** The queues of B. The second gives its messages up to the third when they were received twice. */
export const events = {
  name: "s3beat-events",
  region,
  policy: [
    { principals: ["s3.amazonaws.com"], actions: ["sqs:SendMessage"] },
    { principals: ["111111111111"], actions: ["sqs:SendMessage", "sqs:GetQueueUrl"] }
  ]
}
export const redriven = {
  name: "s3beat-redriven",
  region,
  visibilityTimeout: Duration.seconds(1),
  redrive: { deadLetterQueue: "s3beat-dlq", maxReceiveCount: 2 },
  policy: [{ principals: ["333333333333"], actions: ["sqs:*"] }]
}
export const deadLetters = { name: "s3beat-dlq", region }

/** B: where the queues are. */
export const accountB: Account = {
  id: "222222222222",
  users: [beat],
  roles: [],
  buckets: [{ name: "own-logs", region }],
  queues: [events, redriven, deadLetters]
}

/** The ARNs of this world. */
export const arn = {
  beat: userArn(accountB, beat),
  events: queueArn(accountB, events),
  redriven: queueArn(accountB, redriven),
  deadLetters: queueArn(accountB, deadLetters)
}

const notifies = { queueArn: arn.events }

/** A: production. Both of its buckets tell B's queue of new objects. */
export const accountA: Account = {
  id: "111111111111",
  users: [uploader],
  roles: [reader, readerExternal],
  buckets: [
    { name: "prod-logs", region, notifies },
    { name: "prod-logs-eu", region: "eu-west-1", notifies }
  ],
  queues: []
}

/** Someone else's, with a bucket that a forged notification may name. */
export const stranger: Account = {
  id: "333333333333",
  users: [],
  roles: [],
  buckets: [{ name: "strangers-logs", region }],
  queues: []
}

/** The ARNs of A's roles. */
export const roleArns = { reader: roleArn(accountA, reader), readerExternal: roleArn(accountA, readerExternal) }

/** The world, and what a test changes of it. */
export const layerWith = (
  options: Partial<EmbeddedAws.EmbeddedAwsOptions>
): Layer.Layer<EmbeddedAws.EmbeddedAws, EmulatorMissing> =>
  EmbeddedAws.layer({ accounts: [accountA, accountB], ...options })

/** The world as it is. */
export const layer = layerWith({})
