/**
 * What a GetObject failed of, in the words of the `S3Reader` port.
 */
import type { CredentialsError, Identity } from "../credentials/Credentials.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { AccessDenied } from "../domain/reasons.ts"
import { BodyInterrupted, BucketMissing, ObjectMissing, type S3ReaderError } from "../reader/S3Reader.ts"
import type { AwsFailure } from "./awsFailure.ts"

/**
 * Reads the failure of one request for `ref`.
 *
 * **Guarantee** `ObjectMissing`, on which the message is deleted, is answered only for what S3 itself says of the key or
 * the version: never for a bare 404, which may come from anything that is not S3.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
export const s3Failure = (failure: AwsFailure | CredentialsError, ref: ObjectRef): S3ReaderError["reason"] => {
  if (failure._tag === "CredentialsError") {
    return failure.reason._tag === "Unavailable" ? failure.reason : new AccessDenied({ detail: failure.reason.detail })
  }
  const { code, detail } = failure
  switch (code) {
    case "NoSuchKey":
    case "NoSuchVersion":
      return new ObjectMissing({ detail })
    case "MethodNotAllowed":
      // What S3 answers for a version that is a delete marker. Without a version the method is refused by someone else.
      return ref.versionId === undefined ? failure.reason : new ObjectMissing({ detail })
    case "NoSuchBucket":
      return new BucketMissing({ detail })
    case "PreconditionFailed":
    case "InvalidRange":
      return new BodyInterrupted({ detail: `overwritten while it was read: ${detail}` })
    case "InvalidObjectState":
      return new AccessDenied({ detail: `archived, and to be restored before it can be read: ${detail}` })
    case "KMS.KMSInvalidStateException":
      return new AccessDenied({ detail })
    default:
      return failure.reason
  }
}

/** An identity that was refused, and how AWS put it. */
export interface Denial {
  readonly identity: Identity
  readonly detail: string
}

/**
 * What to tell when every identity was refused: each one by name, and what a person may have to change.
 *
 * AWS gives the same 403 for a missing permission, for a key that is not there and for a bucket of another account, and
 * names the cause in its text at best: where it does, that cause is told, else all of them.
 */
export const deniedToAll = (denials: ReadonlyArray<Denial>, ref: ObjectRef): AccessDenied => {
  const told = denials.map(({ detail, identity }) => `${identity.name} was refused: ${detail}`)
  return new AccessDenied({ detail: `${told.join("; ")}. ${adviceOn(denials, ref)}` })
}

const adviceOn = (denials: ReadonlyArray<Denial>, ref: ObjectRef): string => {
  const details = denials.map(({ detail }) => detail).join(" ")
  if (/\bkms[:.]|\bkms key|master key/iu.test(details)) {
    const key = /arn:aws[\w-]*:kms:[\w:/-]+/u.exec(details)?.[0] ?? "the object's KMS key"
    return `The identity needs kms:Decrypt on ${key}, in its own policy and in the key's.`
  }
  if (details.includes("s3:ListBucket")) {
    return "The key is most likely not there, which AWS only says to those who have s3:ListBucket."
  }
  const permission = ref.versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion"
  const owners = new Set(denials.flatMap(({ identity }) => identity.accountId ?? []))
  const owned = owners.size === 0 ? "" : `, the bucket belongs to another account than ${[...owners].join(" or ")}`
  return `Either ${permission} is missing${owned}, or the key is not there and s3:ListBucket is missing.`
}
