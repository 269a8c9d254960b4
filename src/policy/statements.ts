/**
 * The statements by which s3beat is allowed what it does, and no more.
 */
import { s3Arn } from "./arns.ts"
import { oneOrMany, type Statement } from "./PolicyDocument.ts"

/** What polling a queue takes. A queue that is known by its URL is not asked for it. */
export const queueActions = (queue: { readonly url?: string }): ReadonlyArray<string> => [
  ...(queue.url === undefined ? ["sqs:GetQueueUrl"] : []),
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage"
]

/** What keeping dead letters in a queue takes: it is looked for at start, and sent to. */
export const deadLetterActions = (queue: { readonly url?: string }): ReadonlyArray<string> => [
  ...(queue.url === undefined ? ["sqs:GetQueueUrl"] : []),
  "sqs:GetQueueAttributes",
  "sqs:SendMessage"
]

/** Lets the identity do these things. */
export const allow = (actions: ReadonlyArray<string>, resources: ReadonlyArray<string>): Statement => ({
  Effect: "Allow",
  Action: oneOrMany(actions),
  Resource: oneOrMany(resources)
})

/** Lets the identity take on the roles. */
export const assume = (roleArns: ReadonlyArray<string>): Statement => allow(["sts:AssumeRole"], roleArns)

/** Lets the identity use KMS keys, to read what is encrypted with them. */
export const decrypt = (keyArns: ReadonlyArray<string>): Statement => allow(["kms:Decrypt"], keyArns)

/**
 * Lets the identity read every object of the buckets, whose names may be patterns.
 *
 * **Shape** `s3:GetObjectVersion` is for buckets with versioning, whose notifications name the version. `s3:ListBucket` lets S3 say
 * that an object is gone, which it else calls forbidden: a message of which s3beat would never let go.
 */
export const read = (partition: string, buckets: ReadonlyArray<string>): ReadonlyArray<Statement> => [
  allow(
    ["s3:GetObject", "s3:GetObjectVersion"],
    buckets.map((bucket) => s3Arn(partition, bucket, "*"))
  ),
  allow(
    ["s3:ListBucket"],
    buckets.map((bucket) => s3Arn(partition, bucket))
  )
]

/** Lets the principal take on the role whose trust policy this is in. */
export const trust = (principal: string, externalId: string | undefined): Statement => ({
  Effect: "Allow",
  Principal: { AWS: principal },
  Action: "sts:AssumeRole",
  ...(externalId === undefined ? undefined : { Condition: { StringEquals: { "sts:ExternalId": externalId } } })
})

/** Lets a principal of another account do these things with the queue whose policy this is in. */
export const letIn = (principal: string, actions: ReadonlyArray<string>, queueArn: string): Statement => ({
  Effect: "Allow",
  Principal: { AWS: principal },
  Action: oneOrMany(actions),
  Resource: queueArn
})

/**
 * Lets S3 tell the queue whose policy this is in of the buckets' objects.
 *
 * **Shape** The account is asked for beside the buckets, because whoever deletes a bucket frees its name for others.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
 */
export const announce = (queueArn: string, bucketArns: ReadonlyArray<string>, bucketAccount: string): Statement => ({
  Effect: "Allow",
  Principal: { Service: "s3.amazonaws.com" },
  Action: "sqs:SendMessage",
  Resource: queueArn,
  Condition: {
    ArnLike: { "aws:SourceArn": oneOrMany(bucketArns) },
    StringEquals: { "aws:SourceAccount": bucketAccount }
  }
})
