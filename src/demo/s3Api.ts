/**
 * S3, as far as s3beat and those who upload ask it: who may read which object, and where; fauxqs keeps the objects.
 */
import { Effect } from "effect"
import { AwsError } from "./AwsError.ts"
import type { Exchange } from "./Exchange.ts"
import { pathOf } from "./ObjectStore.ts"
import { allows } from "./policy.ts"
import { storedVersion } from "./versions.ts"
import { type Account, type Bucket, s3Arn, topicArn } from "./World.ts"
import type { Elements } from "./xml.ts"

/** A bucket and whose it is. */
export interface OwnedBucket {
  readonly account: Account
  readonly bucket: Bucket
}

/** The bucket of this name; names are unique over all accounts. */
export const findBucket = (accounts: ReadonlyArray<Account>, name: string): OwnedBucket | undefined => {
  for (const account of accounts) {
    const bucket = account.buckets.find((bucket) => bucket.name === name)
    if (bucket !== undefined) return { account, bucket }
  }
  return undefined
}

/** What the request asks for: the IAM action, the bucket, and the key and version if there are any. */
export interface S3Operation {
  readonly service: "s3"
  readonly action: string
  readonly resource: string
  readonly bucketName: string
  readonly key: string
  readonly versionId: string | undefined
}

/** Reads the operation off a path-style URL. */
export const operationOf = ({ method, url }: Pick<Exchange, "method" | "url">): S3Operation => {
  const [, bucketName = "", key = ""] = /^\/([^/?]*)\/?([^?]*)/u.exec(url) ?? []
  const decoded = decodeURIComponent(key)
  const query = new URLSearchParams(url.split("?")[1])
  return {
    service: "s3",
    action: decoded === "" ? bucketActionOf(method, query) : objectActionOf(method, query),
    resource: s3Arn(bucketName, decoded),
    bucketName,
    key: decoded,
    versionId: query.get("versionId") ?? undefined
  }
}

/** How an object came to be, as S3's notifications call it. */
export type Creation = "Put" | "CompleteMultipartUpload" | "Copy"

/** How the request makes an object, once it succeeds. Undefined when it makes none, as with the parts of a multipart upload. */
export const creationOf = ({
  headers,
  method,
  url
}: Pick<Exchange, "headers" | "method" | "url">): Creation | undefined => {
  const query = new URLSearchParams(url.split("?")[1])
  // The SDK's name for the call; anything else in the query is about a part or a property of the object.
  query.delete("x-id")
  if (method === "POST") return query.has("uploadId") ? "CompleteMultipartUpload" : undefined
  if (method !== "PUT" || query.size > 0) return undefined
  return headers["x-amz-copy-source"] === undefined ? "Put" : "Copy"
}

const bucketActionOf = (method: string, query: URLSearchParams): string => {
  if (method !== "GET" && method !== "HEAD") return "s3:CreateBucket"
  return query.has("notification") ? "s3:GetBucketNotification" : "s3:ListBucket"
}

const objectActionOf = (method: string, query: URLSearchParams): string => {
  if (method === "PUT" || method === "POST") return "s3:PutObject"
  if (method === "DELETE") return "s3:DeleteObject"
  return query.has("versionId") ? "s3:GetObjectVersion" : "s3:GetObject"
}

/**
 * Whether the request may go on to the store.
 *
 * **Errors** `AwsError`, in the order in which S3 checks: the bucket, its region, its owner, the permission, the key that it is
 * encrypted with.
 */
export const authorize = Effect.fnUntraced(function* (
  accounts: ReadonlyArray<Account>,
  { headers, principal, region }: Exchange,
  { action, bucketName, resource }: S3Operation
): Effect.fn.Return<OwnedBucket, AwsError> {
  const found = findBucket(accounts, bucketName)
  if (found === undefined) {
    return yield* new AwsError({
      status: 404,
      code: "NoSuchBucket",
      message: "The specified bucket does not exist",
      details: { BucketName: bucketName }
    })
  }
  const { account, bucket } = found
  if (bucket.region !== region) {
    return yield* new AwsError({
      status: 400,
      code: "AuthorizationHeaderMalformed",
      message: `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
      details: { Region: bucket.region }
    })
  }
  const expectedOwner = headers["x-amz-expected-bucket-owner"]
  if (expectedOwner !== undefined && expectedOwner !== account.id) return yield* denied("Access Denied")
  // A bucket belongs to its account: others come in by a role of that account, unless the bucket itself lets everybody in.
  const isOpen = principal.accountId === account.id || bucket.isPublic === true
  if (!isOpen || !allows(principal.policy, action, resource)) {
    return yield* denied(
      `User: ${principal.arn} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`
    )
  }
  if (
    bucket.kmsKey !== undefined &&
    action.startsWith("s3:GetObject") &&
    !allows(principal.policy, "kms:Decrypt", bucket.kmsKey)
  ) {
    return yield* denied(
      `User: ${principal.arn} is not authorized to perform: kms:Decrypt on resource: ${bucket.kmsKey} because no identity-based policy allows the kms:Decrypt action`
    )
  }
  return found
})

/** Without `s3:ListBucket` S3 does not say that a key is not there, only that it is forbidden. */
export const mayKnowWhatIsMissing = ({ principal }: Exchange, bucketName: string): boolean =>
  allows(principal.policy, "s3:ListBucket", s3Arn(bucketName))

/** Where the store has the version that the request asks for. */
export const pathOfVersion = ({ bucketName, key }: S3Operation, versionId: string): string => {
  const stored = storedVersion({ bucket: bucketName, key }, versionId)
  return pathOf(stored.bucket, stored.key)
}

/** What S3 answers for a version that is not there. */
export const noSuchVersion = new AwsError({
  status: 404,
  code: "NoSuchVersion",
  message: "The specified version does not exist."
})

/** What S3 answers for a missing key to whoever may not know. */
export const denied = (message: string): AwsError => new AwsError({ status: 403, code: "AccessDenied", message })

/** Whom the bucket tells of new objects, as GetBucketNotificationConfiguration answers it. */
export const notificationConfiguration = ({ account, bucket }: OwnedBucket): Elements => {
  if (bucket.notifies === undefined) return {}
  const { format = "s3", queueArn } = bucket.notifies
  const Event = "s3:ObjectCreated:*"
  switch (format) {
    case "s3":
      return { QueueConfiguration: { Id: "s3beat", Queue: queueArn, Event } }
    case "sns":
      return { TopicConfiguration: { Id: "s3beat", Topic: topicArn(account, bucket), Event } }
    case "eventbridge":
      return { EventBridgeConfiguration: {} }
  }
}
