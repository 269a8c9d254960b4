/**
 * What a notification may say of an object, whichever service says it.
 *
 * Whoever may send to the queue may write what he likes here, and all of it goes into requests that are signed with our keys: what S3 would
 * never have written is refused before anything is asked for.
 */
import { Schema } from "effect"

/** Bytes of UTF-8 that a key or the id of a version has at most. **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_NAME_BYTES = 1024

const isName = (text: string): boolean => text.isWellFormed() && Buffer.byteLength(text) <= MAX_NAME_BYTES

/** Whether S3 has keys like this one, once it is decoded. */
export const isKey = (key: string): boolean => key !== "" && isName(key)

/**
 * The name of a bucket: those that are made today, and the older ones with upper case, underscores and up to 255 characters. None is what the
 * SDK would take to another place: a path, an ARN, and names with an ending that AWS keeps for itself, as access points have them, and
 * buckets of S3 Express, which announce nothing and are opened without regard to their owner.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const BucketName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}(?<!-s3alias|--[a-z]{1,8}-s3|\.mrap)$/u)
)

/** A region: one label of a host's name, so that no request leaves the domain of AWS. Services that have none leave it empty. */
export const Region = Schema.String.check(Schema.isPattern(/^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)?$/u))

/** The region of those that name none: where S3 is asked that does not care, and where AWS would say which one is right. */
export const DEFAULT_REGION = "us-east-1"

/** **Units** Bytes as stored. */
export const Size = Schema.optionalKey(
  Schema.NullOr(Schema.Number.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)))
)

/** The id of a version, or an ETag. */
export const Tag = Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.makeFilter(isName))))

/** A field only where it says something: `null` and the empty string say nothing. */
export const optional = <Key extends string, Value>(key: Key, value: Value | null | undefined) =>
  value === undefined || value === null || value === ""
    ? undefined
    : ({ [key]: value } as { readonly [K in Key]: Value })
