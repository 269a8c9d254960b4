/**
 * One S3 object as a notification names it, and what S3 says of it when it is opened.
 */
import { printable } from "./printable.ts"

/**
 * The S3 object that a notification announces.
 *
 * **Shape** `key` is the object's real key: decoded where the notification encodes it. `region` is the bucket's own
 * (`awsRegion` of the notification), whatever the queue's. `eTag` is without quotes.
 *
 * **Units** `size` in bytes, as stored.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export interface ObjectRef {
  readonly bucket: string
  readonly key: string
  readonly region: string
  readonly versionId?: string
  readonly eTag?: string
  readonly size?: number
}

/** A short name for people: `s3://bucket/key`. What is not seen is escaped, so that neither can forge a log line. */
export const show = (ref: ObjectRef): string => printable(`s3://${ref.bucket}/${ref.key}`)
