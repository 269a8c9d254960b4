/**
 * Where AWS's services are.
 */
import { S3Client } from "@aws-sdk/client-s3"
import { SQSClient } from "@aws-sdk/client-sqs"
import { STSClient } from "@aws-sdk/client-sts"

/** The services that s3beat calls. */
export type Service = "s3" | "sqs" | "sts"

const clients = {
  s3: S3Client,
  sqs: SQSClient,
  sts: STSClient
} as const

/** The URL to which the SDK sends requests for a region, if the config names no other. Nothing is sent. */
export const endpointOf = (service: Service, region: string): URL => {
  const client = new clients[service]({ region })
  try {
    return client.config.endpointProvider({ Region: region }).url
  } finally {
    client.destroy()
  }
}
