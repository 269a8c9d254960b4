/**
 * What the embedded AWS is made of, as plain data: accounts, who is in them, what is in them, and who may do what.
 */
import type { Duration } from "effect"

/** What is allowed. **Shape** `*` stands for any characters in both: `sqs:*`, `arn:aws:s3:::logs/*`. */
export interface Statement {
  readonly actions: ReadonlyArray<string>
  readonly resources: ReadonlyArray<string>
}

/** What someone may do; what is not allowed is denied. */
export type Policy = ReadonlyArray<Statement>

/** Someone with long-term keys. */
export interface User {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly policy: Policy
}

/** Someone whom those it trusts may become. **Shape** `trusts` are ARNs of users, roles and account roots, or account ids. */
export interface Role {
  readonly name: string
  readonly trusts: ReadonlyArray<string>
  readonly externalId?: string
  readonly maxSessionDuration: Duration.Duration
  readonly policy: Policy
}

/** How S3 tells of new objects: by itself, through a topic, or through an event bus. */
export type NotificationFormat = "s3" | "sns" | "eventbridge"

/**
 * A bucket. `kmsKey` is the ARN of the key that its objects are encrypted with. One with versions keeps what is overwritten, and one
 * that is public lets other accounts do what they allow themselves.
 */
export interface Bucket {
  readonly name: string
  readonly region: string
  readonly isVersioned?: boolean
  readonly isPublic?: boolean
  readonly notifies?: { readonly queueArn: string; readonly format?: NotificationFormat }
  readonly kmsKey?: string
}

/**
 * What a queue's policy allows. **Shape** `principals` are as in `Role`, or services of AWS; what S3 sends is asked for its bucket
 * and account where they are named.
 */
export interface QueueStatement {
  readonly principals: ReadonlyArray<string>
  readonly actions: ReadonlyArray<string>
  readonly sourceArns?: ReadonlyArray<string>
  readonly sourceAccount?: string
}

/**
 * A queue. `policy` says what other accounts and services may do with it; without one S3 may tell it of every bucket, so that a
 * world need say so only where it matters. `kmsKey` is the ARN of the key that its messages are encrypted with.
 */
export interface Queue {
  readonly name: string
  readonly region: string
  readonly kmsKey?: string
  readonly visibilityTimeout?: Duration.Duration
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceiveCount: number }
  readonly policy?: ReadonlyArray<QueueStatement>
}

/** An account and everything in it. */
export interface Account {
  readonly id: string
  readonly users: ReadonlyArray<User>
  readonly roles: ReadonlyArray<Role>
  readonly buckets: ReadonlyArray<Bucket>
  readonly queues: ReadonlyArray<Queue>
}

/** `arn:aws:iam::ACCOUNT:user/NAME` */
export const userArn = (account: Account, { name }: User): string => `arn:aws:iam::${account.id}:user/${name}`

/** `arn:aws:iam::ACCOUNT:role/NAME` */
export const roleArn = (account: Account, { name }: Role): string => `arn:aws:iam::${account.id}:role/${name}`

/** `arn:aws:sqs:REGION:ACCOUNT:NAME` */
export const queueArn = (account: Account, { name, region }: Pick<Queue, "name" | "region">): string =>
  `arn:aws:sqs:${region}:${account.id}:${name}`

/** The topic through which a bucket tells of new objects, where it does. */
export const topicArn = (account: Account, { region }: Bucket): string =>
  `arn:aws:sns:${region}:${account.id}:s3-events`

/** `arn:aws:s3:::BUCKET/KEY`, or the bucket's own. */
export const s3Arn = (bucket: string, key = ""): string => `arn:aws:s3:::${bucket}${key === "" ? "" : `/${key}`}`
