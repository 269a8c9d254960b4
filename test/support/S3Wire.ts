/**
 * The wire protocol of GetObject, spoken by a small server of our own, and all that can go wrong with it.
 *
 * It knows no identities: a test's `rule` looks at each request and refuses what it likes, in S3's own words.
 */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Clock, Context, Effect, Layer } from "effect"
import type { ObjectRef } from "../../src/domain/ObjectRef.ts"
import { Fault, type ObjectAddress, type S3ReaderMemory } from "../../src/testing/S3ReaderMemory.ts"

/** A GetObject as it came over the wire. `accessKeyId` and `region` are those that it is signed for. */
export interface WireRequest {
  readonly bucket: string
  readonly key: string
  readonly path: string
  readonly versionId: string | undefined
  readonly accessKeyId: string
  readonly region: string
  readonly headers: IncomingMessage["headers"]
}

/** An answer instead of the object: S3's XML error, or silence. */
export interface WireError {
  readonly status: number
  readonly code: string
  readonly message?: string
  /** More elements of the XML, or, beginning with something else than "<", a body that is no XML. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Looks at each request before anything else; `undefined` lets it pass, "silence" never answers. */
export type Rule = (request: WireRequest) => WireError | "silence" | undefined

/** What the server does to the object's answer: headers of its own, bytes changed, and a pause that never ends. */
export interface Twist {
  readonly headers?: Readonly<Record<string, string>>
  readonly ignoresRange?: boolean
  readonly ignoresIfMatch?: boolean
  readonly stallsAt?: number
}

/** The server, from the test's side. */
export class S3Wire extends Context.Service<
  S3Wire,
  Pick<S3ReaderMemory["Service"], "put" | "remove" | "fail" | "openNow"> & {
    readonly endpoint: string
    readonly rule: (rule: Rule) => Effect.Effect<void>
    readonly twist: (twist: Twist) => Effect.Effect<void>
    readonly requests: Effect.Effect<ReadonlyArray<WireRequest>>
    /** Connections that were ever accepted, and those that are open now. */
    readonly connections: Effect.Effect<{ readonly accepted: number; readonly open: number }>
  }
>()("s3beat/test/S3Wire") {}

interface Stored {
  readonly bytes: Uint8Array
  readonly eTag: string
  readonly lastModified: number
  readonly versionId: string | undefined
}

const faultErrors: { readonly [Tag in Fault["_tag"]]?: WireError } = {
  ObjectMissing: { status: 404, code: "NoSuchKey" },
  BucketMissing: { status: 404, code: "NoSuchBucket" },
  AccessDenied: { status: 403, code: "AccessDenied", message: "Access Denied" },
  CredentialsExpired: { status: 400, code: "ExpiredToken", message: "The provided token has expired." },
  Unavailable: { status: 503, code: "SlowDown", message: "Please reduce your request rate." }
}

const listen = (server: Server) =>
  Effect.callback<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // A TCP server that listens has one.
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const parse = (request: IncomingMessage): WireRequest => {
  const url = request.url ?? ""
  const path = url.split("?")[0] ?? ""
  const query = new URLSearchParams(url.slice(path.length))
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/su.exec(path) ?? []
  const [, accessKeyId = "", region = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)\//u.exec(request.headers.authorization ?? "") ?? []
  const versionId = query.get("versionId") ?? undefined
  return { bucket, key: decodeURIComponent(key), path, versionId, accessKeyId, region, headers: request.headers }
}

const refuse = (response: ServerResponse, error: WireError) => {
  const { body = "", code, headers, message = code, status } = error
  const isXml = body === "" || body.startsWith("<")
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${body}</Error>`
  response.writeHead(status, { "content-type": isXml ? "application/xml" : "text/plain", ...headers })
  response.end(isXml ? xml : body)
}

const pass: Rule = () => undefined

const make = Effect.gen(function* () {
  const buckets = new Set<string>()
  const objects = new Map<string, Stored>()
  const faults = new Map<string, Fault>()
  const requests: Array<WireRequest> = []
  const connections = { accepted: 0, open: 0 }
  let rule: Rule = pass
  let twist: Twist = {}
  let openNow = 0

  const nameOf = (at: Pick<WireRequest, "bucket" | "key"> & { readonly versionId?: string | undefined }) =>
    JSON.stringify([at.bucket, at.key, at.versionId ?? null])

  const faultOn = (request: WireRequest): WireError | undefined => {
    const fault = faults.get(nameOf({ bucket: request.bucket, key: request.key }))
    if (fault?._tag === "Unavailable") {
      if (fault.times === 0) return undefined
      faults.set(nameOf({ bucket: request.bucket, key: request.key }), Fault.Unavailable({ times: fault.times - 1 }))
    }
    return fault === undefined ? undefined : faultErrors[fault._tag]
  }

  /** Where this answer is to break, counted from the object's first byte. */
  const breakAfter = (request: WireRequest, offset: number): number | undefined => {
    const name = nameOf({ bucket: request.bucket, key: request.key })
    const fault = faults.get(name)
    if (fault?._tag === "BodyBroken") return Math.max(fault.at, offset)
    if (fault?._tag !== "BodyCut") return undefined
    const at = fault.at.find((at) => at >= offset)
    if (at !== undefined) faults.set(name, Fault.BodyCut({ at: fault.at.filter((other) => other !== at) }))
    return at
  }

  const answer = (request: WireRequest, response: ServerResponse) => {
    const refusal = rule(request) ?? faultOn(request)
    if (refusal === "silence") return
    if (refusal !== undefined) return refuse(response, refusal)
    if (!buckets.has(request.bucket)) return refuse(response, { status: 404, code: "NoSuchBucket" })
    const stored = objects.get(nameOf(request))
    if (stored === undefined) return refuse(response, { status: 404, code: "NoSuchKey" })
    const ifMatch = request.headers["if-match"]
    if (ifMatch !== undefined && ifMatch !== `"${stored.eTag}"` && twist.ignoresIfMatch !== true) {
      return refuse(response, { status: 412, code: "PreconditionFailed" })
    }
    send(request, response, stored)
  }

  const send = (request: WireRequest, response: ServerResponse, { bytes, eTag, lastModified, versionId }: Stored) => {
    const range = twist.ignoresRange === true ? undefined : /^bytes=(\d+)-$/u.exec(request.headers.range ?? "")?.[1]
    const offset = Number(range ?? 0)
    const end = breakAfter(request, offset) ?? bytes.byteLength
    openNow += 1
    response.on("close", () => (openNow -= 1))
    response.writeHead(range === undefined ? 200 : 206, {
      "content-length": bytes.byteLength - offset,
      etag: `"${eTag}"`,
      "last-modified": new Date(lastModified).toUTCString(),
      ...(range === undefined ? {} : { "content-range": `bytes ${range}-${bytes.byteLength - 1}/${bytes.byteLength}` }),
      ...(versionId === undefined ? {} : { "x-amz-version-id": versionId }),
      ...twist.headers
    })
    response.flushHeaders()
    if (twist.stallsAt !== undefined) return void response.write(bytes.subarray(offset, twist.stallsAt))
    if (end === bytes.byteLength) return void response.end(bytes.subarray(offset))
    response.write(bytes.subarray(offset, end), () => setImmediate(() => response.socket?.destroy()))
  }

  const server = createServer((request, response) => {
    const parsed = parse(request)
    requests.push(parsed)
    answer(parsed, response)
  })
  server.on("connection", (socket) => {
    connections.accepted += 1
    connections.open += 1
    socket.on("close", () => (connections.open -= 1))
  })
  const endpoint = yield* Effect.acquireRelease(listen(server), () => close(server))

  const put = Effect.fnUntraced(function* (address: ObjectAddress, bytes: Uint8Array) {
    const eTag = createHash("md5").update(bytes).digest("hex")
    const lastModified = Math.floor((yield* Clock.currentTimeMillis) / 1000) * 1000
    const stored: Stored = { bytes, eTag, lastModified, versionId: address.versionId }
    buckets.add(address.bucket)
    objects.set(nameOf(address), stored).set(nameOf({ bucket: address.bucket, key: address.key }), stored)
    const ref: ObjectRef = { ...address, region: "us-east-1", eTag, size: bytes.byteLength }
    return ref
  })

  return S3Wire.of({
    endpoint,
    put,
    remove: (address) => Effect.sync(() => void objects.delete(nameOf(address))),
    fail: (address, fault) => Effect.sync(() => void faults.set(nameOf(address), fault)),
    openNow: Effect.sync(() => openNow),
    rule: (value) => Effect.sync(() => void (rule = value)),
    twist: (value) => Effect.sync(() => void (twist = value)),
    requests: Effect.sync(() => requests.slice()),
    connections: Effect.sync(() => ({ ...connections }))
  })
})

/** A server on an ephemeral port of 127.0.0.1, closed with the scope. */
export const layer: Layer.Layer<S3Wire> = Layer.effect(S3Wire, make)
