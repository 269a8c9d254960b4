/**
 * S3's own event notification, as S3 sends it to SQS and SNS.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import { Result, Schema } from "effect"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { NotificationUnreadable } from "./Notification.ts"
import { BucketName, DEFAULT_REGION, isKey, optional, Region, Size, Tag } from "./objectFields.ts"

/** One entry of `Records`. What is not read here is not checked either. */
export const S3EventRecord = Schema.Struct({
  /** Major version 2 has been the only one since 2013; minor versions only add. */
  eventVersion: Schema.String.check(Schema.isPattern(/^2\./u, { message: "an event version of 2.x" })),
  eventSource: Schema.String,
  eventName: Schema.String,
  awsRegion: Region,
  s3: Schema.Struct({
    bucket: Schema.Struct({ name: BucketName }),
    object: Schema.Struct({ key: Schema.NonEmptyString, size: Size, eTag: Tag, versionId: Tag })
  })
})

/** An S3 event notification: one or more records. */
export const S3Event = Schema.Struct({ Records: Schema.Array(S3EventRecord) })

/** What S3 sends once, when the notification is configured. */
export const S3TestEvent = Schema.Struct({ Event: Schema.Literal("s3:TestEvent") })

/** `ObjectCreated:Put` as S3 sends it, `s3:ObjectCreated:Put` as its documentation and some compatible services write it. */
export const isCreated = (record: typeof S3EventRecord.Type): boolean =>
  /^(?:s3:)?ObjectCreated:/u.test(record.eventName)

/** The object that the record names, its key decoded. */
export const toObjectRef = (record: typeof S3EventRecord.Type): Result.Result<ObjectRef, NotificationUnreadable> =>
  Result.map(decodeKey(record.s3.object.key), (key) => ({
    bucket: record.s3.bucket.name,
    key,
    region: record.awsRegion || DEFAULT_REGION,
    ...optional("versionId", record.s3.object.versionId),
    ...optional("eTag", record.s3.object.eTag?.replaceAll('"', "")),
    ...optional("size", record.s3.object.size)
  }))

/**
 * S3 encodes keys as HTML forms do: a space as `+`, everything else that is not plain as percent-encoded UTF-8.
 */
const decodeKey = (key: string): Result.Result<string, NotificationUnreadable> =>
  Result.try({
    try: () => decodeURIComponent(key.replaceAll("+", " ")),
    catch: () => unlikeS3("is not URL-encoded UTF-8, as S3 would encode it")
  }).pipe(Result.filterOrFail(isKey, () => unlikeS3("is longer than any key, or no well-formed text")))

const unlikeS3 = (what: string) => new NotificationUnreadable({ detail: `Records[].s3.object.key ${what}` })
