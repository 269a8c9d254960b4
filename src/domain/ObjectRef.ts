/**
 * One S3 object as a notification names it, and what S3 says of it when it is opened.
 */

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

/**
 * A short name for people: `s3://bucket/key`. Control characters in the key are escaped, so that a key cannot forge a
 * log line.
 */
export const show = (ref: ObjectRef): string =>
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must not reach a terminal
  `s3://${ref.bucket}/${ref.key.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}`
