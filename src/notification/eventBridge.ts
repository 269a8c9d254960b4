/**
 * S3's events by way of EventBridge: another shape, one object each, and keys that are not encoded.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
import { Schema } from "effect"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { BucketName, DEFAULT_REGION, isKey, optional, Region, Size, Tag } from "./objectFields.ts"

/** An event of S3 on an event bus. */
export const EventBridgeEvent = Schema.Struct({
  source: Schema.Literal("aws.s3"),
  "detail-type": Schema.String,
  region: Region,
  detail: Schema.Struct({
    bucket: Schema.Struct({ name: BucketName }),
    object: Schema.Struct({
      key: Schema.String.check(Schema.makeFilter(isKey)),
      size: Size,
      etag: Tag,
      "version-id": Tag
    })
  })
})

/** Only creation is read: `Object Deleted`, `Object Tags Added` and the others name nothing new. */
export const isCreated = (event: typeof EventBridgeEvent.Type): boolean => event["detail-type"] === "Object Created"

/** The object that the event names. */
export const toObjectRef = ({ detail, region }: typeof EventBridgeEvent.Type): ObjectRef => ({
  bucket: detail.bucket.name,
  key: detail.object.key,
  region: region || DEFAULT_REGION,
  ...optional("versionId", detail.object["version-id"]),
  ...optional("eTag", detail.object.etag?.replaceAll('"', "")),
  ...optional("size", detail.object.size)
})
