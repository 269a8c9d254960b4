/**
 * GetObject out of the SDK's own parts: its rules for endpoints, its protocol for what is sent and refused, its errors and its
 * clock, without the two dozen layers of middleware that `send` has between them.
 *
 * Of those layers a GetObject has use for four: the endpoint is resolved once per bucket (`BucketEndpoint`), the request is
 * signed (`signatureV4`), sent (`HttpExchange`), and its errors correct the clock. Retries are those of `retry.ts`, regions those
 * of `getObject`, checksums those of `BodyChecksum`; the rest is for uploads, for logs and for telling AWS which features are in use.
 */
import { GetObject$, type GetObjectCommandInput, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import { Predicate } from "effect"
import type { SdkKeys } from "./AwsClients.ts"
import * as BucketEndpoint from "./BucketEndpoint.ts"
import * as HttpExchange from "./HttpExchange.ts"
import * as Remembered from "./Remembered.ts"
import { makeSign, type Sign } from "./signatureV4.ts"

/** The bucket is what all is looked up by. */
export interface Input extends GetObjectCommandInput {
  readonly Bucket: string
}

/**
 * GETs in one region, over connections of their own.
 */
export interface S3Requests {
  /** The request for `input` as it is sent, signed at `at`. **Units** Milliseconds since the epoch. */
  readonly request: (input: Input, keys: SdkKeys, at: number) => Promise<HttpExchange.Get>

  /**
   * Sends the request over `exchange`. What there is to know of the object is in the headers of the answer.
   *
   * **Errors** The SDK's own, as `send` of its client throws them, with the answer as `$response`; or what the socket failed with.
   */
  readonly get: (
    exchange: HttpExchange.HttpExchange,
    input: Input,
    keys: SdkKeys,
    at: number
  ) => Promise<IncomingMessage>

  /** An exchange that is not begun yet. */
  readonly exchange: () => HttpExchange.HttpExchange

  /** Closes all connections. */
  readonly close: () => void
}

/** Buckets whose endpoints are remembered. */
const REMEMBERED_BUCKETS = 1000

/** GetObject as the SDK's protocol knows it. */
const [, namespace, name, traits, input, output] = GetObject$
const operation = { namespace, name, traits, input, output }

/** The requests of a client with this config, at most `maxSockets` to a host at a time. */
export const make = (config: S3ClientConfig, maxSockets: number): S3Requests => {
  // A session of S3 Express is a request more for each bucket; a plain signature is as good there.
  const client = new S3Client({ ...config, disableS3ExpressSessionAuth: true })
  const agents = HttpExchange.makeAgents(maxSockets)
  const buckets = Remembered.make<Bucket>(REMEMBERED_BUCKETS)
  const protocol: Protocol | undefined = client.config.protocol
  if (protocol === undefined) throw new Error("the SDK has no protocol for S3")

  const resolve = async (name: string): Promise<Bucket> => {
    const { endpoint, headers, scope } = await BucketEndpoint.resolve(client, name)
    const context = { ...client.config, endpoint: async () => endpoint }
    return buckets.remember(name, { headers, context, sign: makeSign(scope) })
  }

  const request = async (input: Input, keys: SdkKeys, at: number): Promise<HttpExchange.Get> => {
    const bucket = buckets.of(input.Bucket) ?? (await resolve(input.Bucket))
    const {
      headers,
      hostname,
      path,
      port,
      protocol: scheme,
      query: parameters
    } = await protocol.serializeRequest(operation, input, bucket.context)
    const query = queryOf(parameters)
    const unsigned = { path, query, headers: { ...bucket.headers, ...headers } }
    return {
      protocol: scheme,
      hostname,
      port,
      path: `${path}?${query}`,
      headers: bucket.sign(unsigned, keys, at + client.config.systemClockOffset)
    }
  }

  /** The error that the SDK throws of an answer, with the answer. The time that the answer tells is taken by the SDK's own rules. */
  const refusal = (error: unknown, response: HttpResponse): unknown => {
    if (!Predicate.isError(error)) return error
    const $metadata = { httpStatusCode: response.statusCode }
    const told = Object.assign(error, { $metadata, ...error, $response: response })
    const { signer } = client.config.httpAuthSchemes.find(({ schemeId }) => schemeId === "aws.auth#sigv4") ?? {}
    try {
      signer?.errorHandler?.({ config: client.config })(told)
    } catch (error) {
      return error
    }
    return told
  }

  return {
    request,
    get: async (exchange, input, keys, at) => {
      const answer = await exchange.send(await request(input, keys, at))
      const { statusCode = 0 } = answer
      if (statusCode < 300) return answer
      const response = { statusCode, headers: answer.headers, body: answer }
      return protocol.deserializeResponse(operation, client.config, response).then(
        () => {
          throw new Error(`S3 answered with HTTP ${statusCode}`)
        },
        (error: unknown) => {
          throw refusal(error, response)
        }
      )
    },
    exchange: () => HttpExchange.make(agents),
    close: () => {
      client.destroy()
      for (const agent of Object.values(agents)) agent.destroy()
    }
  }
}

/** What is worked out once for a bucket. */
interface Bucket {
  readonly headers: Readonly<Record<string, string>>
  readonly context: SerdeContext
  readonly sign: Sign
}

type Config = S3Client["config"]

type SerdeContext = Config & { readonly endpoint: () => Promise<BucketEndpoint.Endpoint> }

interface HttpResponse {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
}

/** The SDK's protocol for S3: from inputs to HTTP, and from HTTP to errors. */
interface Protocol {
  readonly serializeRequest: (
    schema: typeof operation,
    input: Input,
    context: SerdeContext
  ) => Promise<Omit<HttpExchange.Get, "path"> & UnsignedPath>
  readonly deserializeResponse: (schema: typeof operation, context: Config, response: HttpResponse) => Promise<unknown>
}

interface UnsignedPath {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** In order, because that is how it is signed. */
const queryOf = (query: UnsignedPath["query"]) =>
  Object.keys(query)
    .toSorted()
    .map((name) => `${escaped(name)}=${escaped(query[name] ?? "")}`)
    .join("&")

/** What AWS calls UriEncode: a few more characters are escaped than JavaScript does. */
const escaped = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
