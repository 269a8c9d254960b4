/**
 * The GETs of a shape in the cheapest way that the SDK's public surface allows, which still signs each request, tries again
 * what failed and checks the checksum: `node cheapestSdk.ts ENDPOINT SHAPE OBJECTS` counts the stored bytes.
 *
 * The client is the SDK's own. What is saved: the middleware is put together once, that for features which are not used is
 * taken out, and Node's HTTP client and crypto are used without what the SDK lays around them.
 */
import * as http from "node:http"
import * as https from "node:https"
import { GetObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import * as Crc64Nvme from "../Crc64Nvme.ts"
import { measured } from "../measure.ts"
import { BUCKET } from "../server/s3.ts"
import { drained } from "./drained.ts"
import { CONCURRENCY, getAll } from "./getAll.ts"
import { connection } from "./sdkClient.ts"
import { signedHeaders } from "./signedHeaders.ts"

const [endpoint = "", shape = "", objects = ""] = process.argv.slice(2)

const { host, protocol } = new URL(endpoint)
const { request, Agent } = protocol === "https:" ? https : http
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
const { credentials, region } = connection(endpoint)
const sign = signedHeaders({ ...credentials, region, host })

type Signer = Extract<NonNullable<S3ClientConfig["signer"]>, { readonly sign: unknown }>

type SdkRequest = Parameters<Signer["sign"]>[0]

const queryOf = ({ query = {} }: SdkRequest) =>
  Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join("&")

const signer: Signer = {
  sign: async (request) => {
    Object.assign(request.headers, sign(request.path, queryOf(request), Date.now()))
    return request
  }
}

const requestHandler = {
  metadata: { handlerProtocol: "http/1.1" },
  destroy: () => agent.destroy(),
  handle: (sdkRequest: SdkRequest) =>
    new Promise((resolve, reject) => {
      const { headers, hostname, path, port } = sdkRequest
      const options = { hostname, port, path: `${path}?${queryOf(sdkRequest)}`, headers, agent }
      request(options, (body) => {
        const { headers, statusCode } = body
        resolve({ response: { statusCode, headers, body } })
      })
        .on("error", reject)
        .end()
    })
}

/** For other regions than the bucket's, directory buckets, uploads, logs and statistics. */
const UNUSED = [
  "loggerMiddleware",
  "validateBucketNameMiddleware",
  "regionRedirectMiddleware",
  "contentLengthMiddleware",
  "addExpectContinueMiddleware",
  "s3ExpressMiddleware",
  "s3ExpressHttpSigningMiddleware",
  "getUserAgentMiddleware",
  "recursionDetectionMiddleware"
]

const config: S3ClientConfig = {
  ...connection(endpoint),
  forcePathStyle: true,
  cacheMiddleware: true,
  signer,
  requestHandler,
  // Checked below, without a stream around the body.
  responseChecksumValidation: "WHEN_REQUIRED"
}
const client = new S3Client(config)
for (const name of UNUSED) client.middlewareStack.remove(name)

await measured(() =>
  getAll(shape, Number(objects), async (key) => {
    const { Body, ChecksumCRC64NVME } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
    const checksum = ChecksumCRC64NVME === undefined ? undefined : Crc64Nvme.make()
    const bytes = await drained(Body, checksum?.update)
    if (checksum !== undefined && checksum.digest() !== ChecksumCRC64NVME) throw new Error(`${key} is damaged`)
    return bytes
  })
)
client.destroy()
