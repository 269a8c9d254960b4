/**
 * What has to be allowed where a bucket cannot be read.
 */
import type { Identity } from "../credentials/Credentials.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { accountOf, partitionOfRegion, s3Arn } from "../policy/arns.ts"
import type { Statement } from "../policy/PolicyDocument.ts"
import * as statements from "../policy/statements.ts"
import type { S3ReaderError } from "../reader/S3Reader.ts"
import type { BucketRef, OwnedByOther } from "./BucketInspector.ts"
import { allowing, type Caller } from "./Caller.ts"
import { type Addition, failed, type Verdict } from "./Finding.ts"

/** An identity, and why it could not read. */
export interface Denial {
  readonly identity: Identity
  readonly reason: S3ReaderError["reason"] | OwnedByOther
}

/**
 * The verdict when no identity could read: each one's cause, and what to allow the likeliest.
 *
 * **Shape** `denials` in the order of `Credentials.forBucket`, at least one.
 */
export const refusedToAll = (
  bucket: BucketRef,
  object: ObjectRef | undefined,
  denials: ReadonlyArray<Denial>,
  caller: Caller
): Verdict => {
  // The base identity comes last, and where roles were named nobody expects much of it.
  const told = denials.length > 1 ? denials.filter(({ identity }) => identity.accountId !== undefined) : denials
  const detail = told.map(({ identity, reason }) => `as ${identity.name}: ${reason.detail}`).join("; ")
  const last = denials.at(-1)
  // A role that nobody may take on has a check of its own.
  const first = denials.find(({ reason }) => !reason.detail.includes("sts:AssumeRole")) ?? denials[0]
  if (first === undefined || last === undefined) return failed("nobody was asked", "Name a role, or keys.")
  switch (last.reason._tag) {
    case "AccessDenied":
      return denied(bucket, object, detail, first, caller)
    case "OwnedByOther":
      return failed(
        detail,
        `Name the role of the account that ${bucket.name} belongs to under assumeRoleArn, or correct the name.`
      )
    case "BucketMissing":
      return failed(detail, `There is no bucket ${bucket.name}: correct the name, or the notification that names it.`)
    default:
      return failed(detail, "Try again when S3 answers.")
  }
}

const denied = (
  { name, region }: BucketRef,
  object: ObjectRef | undefined,
  detail: string,
  { identity, reason }: Denial,
  caller: Caller
): Verdict => {
  const partition = partitionOfRegion(region)
  const key = /\bkms\b/iu.test(reason.detail)
    ? (/arn:aws[\w-]*:kms:[\w:/-]+/u.exec(reason.detail)?.[0] ?? "<kms-key-arn>")
    : undefined
  if (key !== undefined) {
    const add = allowing(caller, identity, [statements.decrypt([key])])
    return failed(detail, "Let the identity decrypt with the key that the objects are encrypted with.", [
      ...add,
      ...(isForeign(key, identity, caller) ? [inKeyPolicy(key, identity, caller)] : [])
    ])
  }
  // Where listing is refused, nobody knows of an object to try: all that reading takes is told at once.
  const missing: ReadonlyArray<Statement> = reason.detail.includes("s3:GetObject")
    ? [
        statements.allow(
          [object?.versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion"],
          [s3Arn(partition, name, "*")]
        )
      ]
    : statements.read(partition, [name])
  return failed(detail, "Let the identity read the bucket.", allowing(caller, identity, missing))
}

/** A key of another account must let the identity in itself. */
const isForeign = (key: string, { accountId }: Identity, { account }: Caller): boolean =>
  key.startsWith("arn:") && accountOf(key) !== (accountId ?? account)

const inKeyPolicy = (key: string, { accountId, name }: Identity, { principal }: Caller): Addition => ({
  to: "key policy",
  of: key,
  account: accountOf(key),
  statement: {
    Effect: "Allow",
    Principal: { AWS: accountId === undefined ? principal : name },
    Action: "kms:Decrypt",
    Resource: "*"
  }
})
