/**
 * The objects of a shape: many keys over few bodies, each key with an ETag and a version of its own.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import type { IncomingHttpHeaders } from "node:http"
import type { Body } from "../corpus.ts"
import type { Shape } from "../shapes.ts"

/** The bucket, and its account. */
export const BUCKET = "bench-logs"
export const ACCOUNT = "111122223333"
export const REGION = "us-east-1"

/** Which checksum S3 has of the objects. */
export type Checksum = "crc64nvme" | "crc32" | "none"

/** A body in memory. */
export interface StoredBody extends Body {
  readonly stored: Buffer
}

/** The bodies of a shape, by number. */
export interface Objects {
  readonly shape: Shape
  readonly bodies: ReadonlyMap<number, StoredBody>
  readonly checksum: Checksum
}

/** The key of the object of this number. The last part begins with it. */
export const keyOf = ({ name }: Shape, index: number): string =>
  `AWSLogs/${ACCOUNT}/${name}/${String(index).padStart(8, "0")}.log.gz`

const eTagOf = (index: number) => index.toString(16).padStart(32, "0")

/** What the bucket announces of the object. */
export const notificationOf = ({ bodies, shape }: Objects, index: number, at: number): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: REGION,
        eventTime: new Date(at).toISOString(),
        eventName: "ObjectCreated:Put",
        userIdentity: { principalId: "AWS:AROAEXAMPLE:cloudtrail" },
        requestParameters: { sourceIPAddress: "10.0.0.1" },
        responseElements: {
          "x-amz-request-id": "C3D13FE58DE4C810",
          "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S"
        },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: "s3beat",
          bucket: { name: BUCKET, ownerIdentity: { principalId: "A3NL1KOZZKExample" }, arn: `arn:aws:s3:::${BUCKET}` },
          object: {
            key: keyOf(shape, index),
            size: bodies.get(shape.bodyOf(index))?.storedBytes ?? 0,
            eTag: eTagOf(index),
            sequencer: index.toString(16).toUpperCase().padStart(16, "0")
          }
        }
      }
    ]
  })

/** What a GET is answered with. */
export interface ObjectAnswer {
  readonly status: number
  readonly headers: ReadonlyArray<string>
  readonly body: Buffer | string
}

const missing: ObjectAnswer = {
  status: 404,
  headers: ["Content-Type", "application/xml"],
  body: "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
}

/** Answers a GET of a path-style URL, of the whole object or of its bytes from some offset on. */
export const get = (objects: Objects, url: string, headers: IncomingHttpHeaders): ObjectAnswer => {
  const index = Number.parseInt(url.slice(url.lastIndexOf("/") + 1), 10)
  const body = url.startsWith(`/${BUCKET}/`) ? objects.bodies.get(objects.shape.bodyOf(index)) : undefined
  if (body === undefined) return missing
  const { stored } = body
  const from = Number(/^bytes=(\d+)-$/u.exec(headers.range ?? "")?.[1] ?? -1)
  const part = from < 0 ? stored : stored.subarray(from)
  const checksum = headers["x-amz-checksum-mode"] === "ENABLED" ? objects.checksum : "none"
  return {
    status: from < 0 ? 200 : 206,
    headers: [
      ...FIXED_HEADERS,
      "ETag",
      `"${eTagOf(index)}"`,
      "x-amz-version-id",
      `v${index}`,
      "Content-Length",
      String(part.length),
      ...(from < 0 ? [] : ["Content-Range", `bytes ${from}-${stored.length - 1}/${stored.length}`]),
      ...(checksum === "none"
        ? []
        : [`x-amz-checksum-${checksum}`, body[checksum], "x-amz-checksum-type", "FULL_OBJECT"])
    ],
    body: part
  }
}

const FIXED_HEADERS = [
  "x-amz-id-2",
  "txN5Rz1mTUqvmxTOYlgA2RZEyMZGBTMdL1a1MzhYCWYLRBvYjFhUvfrRTJaNJBdh",
  "x-amz-request-id",
  "9QJ5V2TRF5WD1CFG",
  "Last-Modified",
  "Fri, 02 Jan 2026 03:04:05 GMT",
  "x-amz-server-side-encryption",
  "AES256",
  "Accept-Ranges",
  "bytes",
  "Content-Type",
  "application/x-gzip",
  "Server",
  "AmazonS3"
]
