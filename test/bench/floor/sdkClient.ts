/**
 * What the floors over the AWS SDK share.
 */
import type { S3ClientConfig } from "@aws-sdk/client-s3"
import { REGION } from "../server/s3.ts"
import { CONCURRENCY } from "./getAll.ts"

/** Keys that never expire, so that no provider is asked for them, and a server that is not AWS. */
export const connection = (endpoint: string) => ({
  endpoint,
  region: REGION,
  credentials: { accessKeyId: "AKIABENCH", secretAccessKey: "secret-of-bench" }
})

/** The SDK as it comes, but for enough sockets. */
export const s3Config = (endpoint: string): S3ClientConfig => ({
  ...connection(endpoint),
  forcePathStyle: true,
  requestHandler: { httpAgent: { maxSockets: CONCURRENCY }, httpsAgent: { maxSockets: CONCURRENCY } }
})
