/**
 * The notifications that S3 sends of a new object, in the three ways that it has.
 */
import { createHash, randomUUID } from "node:crypto"
import type { Creation, OwnedBucket } from "./s3Api.ts"
import { type NotificationFormat, s3Arn, topicArn } from "./World.ts"

/** What was uploaded. **Units** `at` in milliseconds since the epoch, `size` in bytes. */
export interface Upload {
  readonly creation: Creation
  readonly key: string
  readonly size: number
  readonly eTag: string
  readonly versionId?: string
  readonly at: number
}

/** The body of the message. */
export const notificationOf = (owned: OwnedBucket, upload: Upload, format: NotificationFormat): string => {
  switch (format) {
    case "s3":
      return s3Event(owned, upload)
    case "sns":
      return JSON.stringify({
        Type: "Notification",
        MessageId: randomUUID(),
        TopicArn: topicArn(owned.account, owned.bucket),
        Subject: "Amazon S3 Notification",
        Message: s3Event(owned, upload),
        Timestamp: new Date(upload.at).toISOString(),
        SignatureVersion: "1"
      })
    case "eventbridge":
      return JSON.stringify({
        version: "0",
        id: randomUUID(),
        "detail-type": "Object Created",
        source: "aws.s3",
        account: owned.account.id,
        time: new Date(upload.at).toISOString(),
        region: owned.bucket.region,
        resources: [s3Arn(owned.bucket.name)],
        detail: {
          version: "0",
          bucket: { name: owned.bucket.name },
          object: {
            key: upload.key,
            size: upload.size,
            etag: upload.eTag,
            ...(upload.versionId === undefined ? undefined : { "version-id": upload.versionId }),
            sequencer: sequencerOf(upload)
          },
          reason: reasons[upload.creation]
        }
      })
  }
}

/** EventBridge names the call, where S3 names the kind of event. */
const reasons: Readonly<Record<Creation, string>> = {
  Put: "PutObject",
  CompleteMultipartUpload: "CompleteMultipartUpload",
  Copy: "CopyObject"
}

const s3Event = ({ account, bucket }: OwnedBucket, upload: Upload): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: bucket.region,
        eventTime: new Date(upload.at).toISOString(),
        eventName: `ObjectCreated:${upload.creation}`,
        userIdentity: { principalId: `AWS:${account.id}` },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: "s3beat",
          bucket: { name: bucket.name, ownerIdentity: { principalId: account.id }, arn: s3Arn(bucket.name) },
          object: {
            // As an HTML form would encode it.
            key: encodeURIComponent(upload.key).replaceAll("%20", "+").replaceAll("%2F", "/"),
            size: upload.size,
            eTag: upload.eTag,
            ...(upload.versionId === undefined ? undefined : { versionId: upload.versionId }),
            sequencer: sequencerOf(upload)
          }
        }
      }
    ]
  })

const sequencerOf = ({ at, key }: Upload): string =>
  `${at.toString(16)}${createHash("md5").update(key).digest("hex").slice(0, 6)}`.toUpperCase()
