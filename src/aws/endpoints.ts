/**
 * Where AWS's services are.
 */
import { ListBucketsCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import { ListQueuesCommand, SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs"
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from "@aws-sdk/client-sts"
import { Effect } from "effect"

/** The services that s3beat calls. */
export type Service = "s3" | "sqs" | "sts"

/**
 * The URL to which the SDK sends requests for a region, with all that the environment and the profile say of it
 * (`AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT`). Nothing is sent.
 */
export const endpointOf = (service: Service, region: string): Effect.Effect<URL> =>
  Effect.callback<URL>((resume) => {
    const config = {
      region,
      // A signature that nobody will look at.
      credentials: { accessKeyId: "-", secretAccessKey: "-" },
      maxAttempts: 1,
      requestHandler: {
        handle: ({ hostname, port, protocol }: RequestTo) => {
          resume(Effect.succeed(new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`)))
          return Promise.reject(new Error("Nothing is sent."))
        }
      }
    }
    send[service](config).catch((cause: unknown) => resume(Effect.die(cause)))
  })

interface RequestTo {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
}

/** A request of each service that names nothing by which the host would be another. */
const send = {
  s3: (config: S3ClientConfig) => new S3Client(config).send(new ListBucketsCommand()),
  sqs: (config: SQSClientConfig) => new SQSClient(config).send(new ListQueuesCommand()),
  sts: (config: STSClientConfig) => new STSClient(config).send(new GetCallerIdentityCommand())
}
