import { S3Client } from "@aws-sdk/client-s3"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "node:assert/strict"
import * as fc from "fast-check"
import { EMPTY_HASH, hashOf, makeSign } from "../../src/aws/signatureV4.ts"

const token = (alphabet: string, size = {}) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, ...size })

const letters = "abcdefghijklmnopqrstuvwxyz"

/** What a GetObject may have beside the headers that every request has. */
const header = fc.tuple(
  fc.oneof(
    fc.constantFrom("range", "if-match", "x-amz-checksum-mode", "x-amz-expected-bucket-owner"),
    token(`${letters}0123456789`).map((name) => `x-amz-meta-${name}`)
  ),
  fc.oneof(token("!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~azAZ09 \t"), fc.constant("bytes=0-"))
)

/** Encoded, as the SDK's protocol encodes a key. */
const path = fc.string({ unit: "binary" }).map((key) => `/bucket/${encodeURIComponent(key).replaceAll("%2F", "/")}`)

const request = fc.record({
  path: fc.oneof(path, fc.constantFrom("/a/../b//c/./d", "/", "/a%20b%2Bc")),
  versionId: fc.option(token(`${letters}._-`), { nil: undefined }),
  headers: fc.array(header, { maxLength: 5 }),
  host: fc.domain(),
  keys: fc.record(
    {
      accessKeyId: token("ABCDEFGHIJKLMNOP234567", { minLength: 16 }),
      secretAccessKey: token(`${letters}/+ABC`, { minLength: 20 }),
      sessionToken: token(`${letters}/+=ABC`, { minLength: 100 })
    },
    { requiredKeys: ["accessKeyId", "secretAccessKey"] }
  ),
  region: fc.constantFrom("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"),
  service: fc.constantFrom("s3", "s3-outposts", "s3-object-lambda", "s3express"),
  body: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  at: fc.integer({ min: 0, max: 4_000_000_000_000 })
})

/** The headers with which the SDK's own signer lets the request go. */
const signedBySdk = async ({ at, body, headers, keys, method, path, query, region, service }: SdkRequest) => {
  const client = new S3Client({ region, credentials: keys })
  try {
    const signer = await client.config.signer({
      name: "sigv4",
      signingName: service,
      signingRegion: region,
      properties: {}
    })
    const [protocol, hostname] = ["https:", headers["host"] ?? ""]
    const unsigned = { protocol, hostname, method, path, query, headers: { ...headers }, body }
    const scope = { signingDate: new Date(at), signingRegion: region, signingService: service }
    return (await signer.sign(unsigned, scope)).headers
  } finally {
    client.destroy()
  }
}

interface SdkRequest {
  readonly method: "GET" | "POST"
  readonly body: string | undefined
  readonly path: string
  readonly query: Record<string, string>
  readonly headers: Record<string, string>
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
  readonly region: string
  readonly service: string
  readonly at: number
}

describe("signatureV4", () => {
  it("every request has the signature that the SDK gives it", () =>
    fc.assert(
      fc.asyncProperty(request, async ({ at, body, headers: given, host, keys, path, region, service, versionId }) => {
        const method = body === undefined ? "GET" : "POST"
        const headers = { host, "user-agent": "any", ...Object.fromEntries(given) }
        const version: Record<string, string> = versionId === undefined ? {} : { versionId }
        const parameters = { "x-id": "GetObject", ...version }
        const bySdk = await signedBySdk({ method, path, query: parameters, headers, body, keys, region, service, at })
        const query = versionId === undefined ? "x-id=GetObject" : `versionId=${versionId}&x-id=GetObject`
        const unsigned = { method, path, query, headers, bodyHash: hashOf(body ?? "") } as const
        deepStrictEqual(makeSign({ region, service })(unsigned, keys, at), { ...bySdk })
      })
    ))

  it("one after the other, requests of other days, keys and headers are signed as if each was the first", () =>
    fc.assert(
      fc.property(fc.array(request, { maxLength: 10 }), (requests) => {
        const scope = { region: "us-east-1", service: "s3" }
        const sign = makeSign(scope)
        for (const { at, headers: others, host, keys, path } of requests) {
          const headers = { host, ...Object.fromEntries(others) }
          const unsigned = { method: "GET", path, query: "", headers, bodyHash: EMPTY_HASH } as const
          deepStrictEqual(sign(unsigned, keys, at), makeSign(scope)(unsigned, keys, at))
          deepStrictEqual(sign(unsigned, keys, at + 86_400_000), makeSign(scope)(unsigned, keys, at + 86_400_000))
        }
      })
    ))
})
