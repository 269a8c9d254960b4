/**
 * GetObject by the SDK's own rules for endpoints, its errors and its clock, without the two dozen layers of middleware that `send` has
 * between them.
 *
 * Of those layers a GetObject has use for four: the endpoint is resolved once per bucket (`SdkDestination`), the request is
 * signed (`signatureV4`), sent (`HttpExchange`), and its errors correct the clock. Retries are those of `retry.ts`, regions those
 * of `getObject`, checksums those of `BodyChecksum`; the rest is for uploads, for logs and for telling AWS which features are in use.
 */
import {
  GetObject$,
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  S3Client,
  type S3ClientConfig
} from "@aws-sdk/client-s3"
import type { SdkKeys } from "./AwsClients.ts"
import * as HttpExchange from "./HttpExchange.ts"
import * as Remembered from "./Remembered.ts"
import * as SdkDestination from "./SdkDestination.ts"
import * as sdkProtocol from "./sdkProtocol.ts"
import { EMPTY_HASH, makeSign, type Sign, uriEncode } from "./signatureV4.ts"

/** What is asked for. The bucket is what all is looked up by. */
export interface Input extends Pick<
  GetObjectCommandInput,
  "Key" | "VersionId" | "Range" | "IfMatch" | "ExpectedBucketOwner" | "ChecksumMode"
> {
  readonly Bucket: string
  readonly Key: string
}

/**
 * GETs in one region, over connections of their own.
 */
export interface S3Requests {
  /** The request for `input` as it is sent, signed at `at`. **Units** Milliseconds since the epoch. */
  readonly request: (input: Input, keys: SdkKeys, at: number) => Promise<HttpExchange.HttpRequest>

  /**
   * Sends the request over `exchange`. What there is to know of the object is in the headers of the answer.
   *
   * **Errors** The SDK's own, as `send` of its client throws them, with the answer as `$response`; or what the connection failed with.
   */
  readonly get: (
    exchange: HttpExchange.HttpExchange,
    input: Input,
    keys: SdkKeys,
    at: number
  ) => Promise<HttpExchange.HttpAnswer>

  /** An exchange that is not begun yet. */
  readonly exchange: () => HttpExchange.HttpExchange

  /** Closes all connections. */
  readonly close: () => void
}

/** Buckets whose endpoints are remembered. */
const REMEMBERED_BUCKETS = 1000

const operation = sdkProtocol.operationOf<GetObjectCommandInput, GetObjectCommandOutput>(GetObject$)

/** The requests of a client with this config, at most `maxSockets` to a host at a time. */
export const make = (config: S3ClientConfig, maxSockets: number): S3Requests => {
  // A session of S3 Express is a request more for each bucket; a plain signature is as good there.
  const client = new S3Client({ ...config, disableS3ExpressSessionAuth: true })
  const connections = HttpExchange.make(maxSockets)
  const buckets = Remembered.make<Bucket>(REMEMBERED_BUCKETS)

  const resolve = async (name: string): Promise<Bucket> => {
    const { endpoint, headers, origin, scope } = await SdkDestination.resolve((stop) => {
      const command = new GetObjectCommand({ Bucket: name, Key: "any" })
      command.middlewareStack.add(stop, SdkDestination.SENT_NOWHERE)
      return client.send(command)
    })
    if (scope === undefined) throw new Error(`the SDK does not say what the bucket ${name} is signed for`)
    return buckets.remember(name, {
      origin,
      path: endpoint.path.replace(/\/$/u, ""),
      headers,
      sign: makeSign(scope)
    })
  }

  const bucketOf = (name: string) => buckets.of(name) ?? resolve(name)

  const requestTo = (bucket: Bucket, input: Input, keys: SdkKeys, at: number): HttpExchange.HttpRequest => {
    const path = `${bucket.path}/${encodedKey(input.Key)}`
    const query = `${input.VersionId === undefined ? "" : `versionId=${uriEncode(input.VersionId)}&`}x-id=GetObject`
    const headers = { ...bucket.headers, ...headersOf(input) }
    const unsigned = { method: "GET", path, query, headers, bodyHash: EMPTY_HASH } as const
    return {
      origin: bucket.origin,
      method: "GET",
      path: `${path}?${query}`,
      headers: bucket.sign(unsigned, keys, at + client.config.systemClockOffset)
    }
  }

  return {
    request: async (input, keys, at) => requestTo(await bucketOf(input.Bucket), input, keys, at),
    get: async (exchange, input, keys, at) => {
      const bucket = await bucketOf(input.Bucket)
      const answer = await exchange.send(requestTo(bucket, input, keys, at))
      if (answer.status < 300) return answer
      await sdkProtocol.outputOf(client.config, operation, answer)
      throw new Error(`S3 answered with HTTP ${answer.status}`)
    },
    exchange: connections.exchange,
    close: () => {
      client.destroy()
      connections.close()
    }
  }
}

/** What is worked out once for a bucket. */
interface Bucket {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly sign: Sign
}

/**
 * What the SDK makes of the input, which a property test holds this against.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
 */
const headersOf = ({ ChecksumMode, ExpectedBucketOwner, IfMatch, Range }: Input): Record<string, string> => ({
  ...(IfMatch === undefined ? undefined : { "if-match": IfMatch }),
  ...(Range === undefined ? undefined : { range: Range }),
  ...(ExpectedBucketOwner === undefined ? undefined : { "x-amz-expected-bucket-owner": ExpectedBucketOwner }),
  ...(ChecksumMode === undefined ? undefined : { "x-amz-checksum-mode": ChecksumMode })
})

const encodedKey = (key: string) => uriEncode(key).replaceAll("%2F", "/")
