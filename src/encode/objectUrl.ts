/**
 * Where an object lives, as its URL and its bucket's ARN.
 */
import type { ObjectRef } from "../domain/ObjectRef.ts"

/** The partition of a region: its own name in ARNs, its own domain in URLs. */
const partitionOf = (region: string): { readonly name: string; readonly domain: string } =>
  region.startsWith("cn-")
    ? { name: "aws-cn", domain: "amazonaws.com.cn" }
    : region.startsWith("us-gov-")
      ? { name: "aws-us-gov", domain: "amazonaws.com" }
      : { name: "aws", domain: "amazonaws.com" }

/** `arn:aws:s3:::bucket`, in the partition of the bucket's region. */
export const bucketArn = ({ bucket, region }: Pick<ObjectRef, "bucket" | "region">): string =>
  `arn:${partitionOf(region).name}:s3:::${bucket}`

/**
 * The object's https URL, virtual-hosted, or path-style where a dot in the bucket's name would break its certificate.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export const objectUrl = ({ bucket, key, region }: Pick<ObjectRef, "bucket" | "key" | "region">): string => {
  const host = `s3.${region}.${partitionOf(region).domain}`
  const path = PLAIN_KEY.test(key) ? key : key.split("/").map(encodeSegment).join("/")
  return bucket.includes(".") ? `https://${host}/${bucket}/${path}` : `https://${bucket}.${host}/${path}`
}

/** Nearly every key of a log is one that stands in a URL as it is. */
const PLAIN_KEY = /^[\w.~/-]*$/u

/** A lone surrogate has no UTF-8; it becomes U+FFFD, as it does everywhere on the way. */
const encodeSegment = (segment: string): string =>
  encodeURIComponent(segment.toWellFormed()).replace(
    /[!'()*]/gu,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  )
