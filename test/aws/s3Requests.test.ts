import { GetObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Input, make } from "../../src/aws/S3Requests.ts"

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "session" }

/** As the reader has it: checksums are asked for request by request. */
const common: S3ClientConfig = { credentials: keys, maxAttempts: 1, responseChecksumValidation: "WHEN_REQUIRED" }

/** What the SDK itself would send; the time that it is signed at is its own. */
const sentBySdk = async (config: S3ClientConfig, input: Input) => {
  let sent: unknown
  const requestHandler = {
    handle: (request: unknown) => {
      sent = request
      throw new Error("not sent")
    }
  }
  const client = new S3Client({ ...common, ...config, requestHandler })
  try {
    await client.send(new GetObjectCommand(input))
  } catch (error) {
    if (sent === undefined) throw error
  } finally {
    client.destroy()
  }
  return essence(sent as never)
}

/** Headers that follow from the time, number the attempts, or tell the checksum of the body that a GET does not have. */
const apart = /^(authorization|user-agent|x-amz-user-agent|x-amz-date|amz-sdk-.*|x-amz-checksum-crc32)$/u

/** What both ways must have in common. */
const essence = (request: {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}) => {
  const [path = "", query = ""] = request.path.split("?")
  return {
    to: `${request.protocol}//${request.hostname}:${request.port ?? ""}`,
    path,
    query: { ...Object.fromEntries(new URLSearchParams(query)), ...request.query },
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !apart.test(name))),
    scope: /Credential=\w+\/\d+\/([^,]*)/u.exec(request.headers["authorization"] ?? "")?.[1]
  }
}

const input = (overrides: Partial<Input> = {}): Input => ({
  Bucket: "logs-bucket",
  Key: "AWSLogs/a.json.gz",
  ...overrides
})

const requestOf = async (config: S3ClientConfig, input: Input) => {
  const client = make({ ...common, ...config }, 1)
  try {
    const { headers, origin, path } = await client.request(input, keys, 0)
    const { hostname, port, protocol } = new URL(origin)
    return essence({ protocol, hostname, port: port === "" ? undefined : Number(port), path, headers })
  } finally {
    client.close()
  }
}

const configs: Readonly<Record<string, S3ClientConfig>> = {
  "a region": { region: "eu-central-1" },
  "the first region": { region: "us-east-1" },
  China: { region: "cn-north-1" },
  "path style": { region: "us-east-1", forcePathStyle: true },
  "dual stack": { region: "us-west-2", useDualstackEndpoint: true },
  FIPS: { region: "us-east-2", useFipsEndpoint: true },
  "FIPS and dual stack": { region: "us-east-2", useFipsEndpoint: true, useDualstackEndpoint: true },
  acceleration: { region: "us-east-2", useAccelerateEndpoint: true },
  "an endpoint": { region: "us-east-1", endpoint: "https://minio.example:9000", forcePathStyle: true },
  "an endpoint with a path": { region: "us-east-1", endpoint: "http://127.0.0.1:8080/s3/", forcePathStyle: true },
  "an endpoint with virtual hosts": { region: "us-east-1", endpoint: "https://storage.example" }
}

const buckets = [
  "logs-bucket",
  "logs.with.dots",
  "arn:aws:s3:us-east-1:123456789012:accesspoint/my-point",
  "arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-01234567890123456/accesspoint/my-point"
]

describe("S3Requests", () => {
  for (const [name, config] of Object.entries(configs)) {
    it.each(buckets)(`by ${name}, an object of %s is asked for where the SDK would`, async (Bucket) => {
      const expected = await sentBySdk({ ...config, useArnRegion: true }, input({ Bucket })).catch(String)
      const actual = await requestOf({ ...config, useArnRegion: true }, input({ Bucket })).catch(String)
      assert.deepStrictEqual(actual, expected)
    })
  }

  it("whatever the key, the version, the range and the owner, what is sent is what the SDK would send", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "grapheme", minLength: 1 }),
          fc.string({ unit: fc.constantFrom(..."./ +%~'()*!?#&=é"), minLength: 1 })
        ),
        fc.record(
          {
            VersionId: fc.string({ unit: fc.constantFrom(..."aZ0._-+/= é!'()*"), minLength: 1 }),
            Range: fc.nat().map((at) => `bytes=${at}-`),
            IfMatch: fc.stringMatching(/^"[0-9a-f]{32}(-\d+)?"$/u),
            ExpectedBucketOwner: fc.stringMatching(/^\d{12}$/u),
            ChecksumMode: fc.constant("ENABLED" as const)
          },
          { requiredKeys: [] }
        ),
        async (Key, rest) => {
          const config = { region: "us-east-1" }
          assert.deepStrictEqual(
            await requestOf(config, input({ Key, ...rest })),
            await sentBySdk(config, input({ Key, ...rest }))
          )
        }
      )
    ))

  describe("an endpoint from the environment", () => {
    beforeAll(() => void (process.env["AWS_ENDPOINT_URL_S3"] = "http://localhost:4566"))
    afterAll(() => void delete process.env["AWS_ENDPOINT_URL_S3"])

    it("is taken", async () => {
      const config = { region: "us-east-1" }
      const actual = await requestOf(config, input())
      assert.include(actual.to, ":4566")
      assert.deepStrictEqual(actual, await sentBySdk(config, input()))
    })
  })
})
