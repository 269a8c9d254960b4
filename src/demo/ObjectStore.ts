/**
 * The objects that fauxqs keeps, for whoever need not ask whether they may.
 */
import { Effect } from "effect"
import { readAll } from "./readAll.ts"
import type { Upstream } from "./Upstream.ts"
import { xml } from "./xml.ts"

/** What the store says of an object. **Units** `size` in bytes. **Shape** `eTag` is without quotes. */
export interface StoredObject {
  readonly size: number
  readonly eTag: string
}

/** Where an object is. */
export interface StoredAt {
  readonly bucket: string
  readonly key: string
}

/** The buckets. **Errors** A call for what is not there is a mistake of whoever built the world, and dies. */
export interface ObjectStore {
  /** **Shape** Above `PART_BYTES` it is a multipart upload, so that the ETag is no MD5 of the bytes: as it is with AWS's tools. */
  readonly put: (bucket: string, key: string, bytes: Uint8Array) => Effect.Effect<void>
  readonly copy: (from: StoredAt, to: StoredAt) => Effect.Effect<void>
  readonly remove: (bucket: string, key: string) => Effect.Effect<void>
  readonly head: (bucket: string, key: string) => Effect.Effect<StoredObject>
}

/** fauxqs takes no body over 11 MiB, and S3 no part but the last under 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024

/** The store behind fauxqs. */
export const make = (upstream: Pick<Upstream, "send">): ObjectStore => {
  const ask = Effect.fnUntraced(function* (
    method: string,
    path: string,
    body?: Uint8Array,
    headers: Readonly<Record<string, string>> = {}
  ) {
    const answer = yield* Effect.orDie(
      upstream.send({
        method,
        path,
        // Without a type fauxqs does not take an empty body.
        headers: { "content-type": "application/octet-stream", ...headers },
        ...(body === undefined ? undefined : { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) })
      })
    )
    const text = (yield* Effect.orDie(readAll(answer))).toString()
    if ((answer.statusCode ?? 500) >= 300) {
      return yield* Effect.die(new Error(`The store refused ${method} ${path}: ${answer.statusCode} ${text}`))
    }
    return { headers: answer.headers, text }
  })

  const putInParts = Effect.fnUntraced(function* (path: string, bytes: Uint8Array) {
    const { text } = yield* ask("POST", `${path}?uploads`)
    const [, uploadId = ""] = /<UploadId>([^<]+)</u.exec(text) ?? []
    const parts: Array<string> = []
    for (let from = 0; from < bytes.byteLength; from += PART_BYTES) {
      const query = `partNumber=${parts.length + 1}&uploadId=${uploadId}`
      const { headers } = yield* ask("PUT", `${path}?${query}`, bytes.subarray(from, from + PART_BYTES))
      parts.push(xml({ Part: { PartNumber: String(parts.length + 1), ETag: String(headers.etag) } }))
    }
    const list = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`
    yield* ask("POST", `${path}?uploadId=${uploadId}`, Buffer.from(list))
  })

  return {
    put: (bucket, key, bytes) => {
      const path = pathOf(bucket, key)
      return bytes.byteLength > PART_BYTES ? putInParts(path, bytes) : Effect.asVoid(ask("PUT", path, bytes))
    },
    copy: (from, to) =>
      Effect.asVoid(
        ask("PUT", pathOf(to.bucket, to.key), undefined, { "x-amz-copy-source": pathOf(from.bucket, from.key) })
      ),
    remove: (bucket, key) => Effect.asVoid(ask("DELETE", pathOf(bucket, key))),
    head: (bucket, key) =>
      Effect.map(ask("HEAD", pathOf(bucket, key)), ({ headers }) => ({
        size: Number(headers["content-length"]),
        eTag: String(headers.etag).replaceAll('"', "")
      }))
  }
}

/** The path of an object, as S3's path style has it. */
export const pathOf = (bucket: string, key: string): string =>
  `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`
