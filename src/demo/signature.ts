/**
 * Signature Version 4, as the receiving side checks it.
 *
 * **Source** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

/** What the Authorization header says. */
export interface Authorization {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
}

/** A request as it came. `body` only where the headers do not give its hash. */
export interface SignedRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Reads the Authorization header; undefined when there is none that can be read. */
export const parseAuthorization = (header: string | undefined): Authorization | undefined => {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/u.exec(
      header ?? ""
    )
  if (found === null) return undefined
  const [, accessKeyId = "", date = "", region = "", service = "", signedHeaders = "", signature = ""] = found
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(";"), signature }
}

/** Whether the request was signed with this secret. */
export const isSignedWith = (secret: string, authorization: Authorization, request: SignedRequest): boolean => {
  const { date, region, service, signature } = authorization
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = [
    "AWS4-HMAC-SHA256",
    headerOf(request.headers, "x-amz-date"),
    scope,
    sha256(canonicalRequest(authorization, request))
  ].join("\n")
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secret}`
  )
  return timingSafeEqual(Buffer.from(signature, "hex"), hmac(key, toSign))
}

const canonicalRequest = ({ signedHeaders }: Authorization, { body, headers, method, url }: SignedRequest): string => {
  const [path = "/", query = ""] = url.split(/\?(.*)/su)
  return [
    method,
    path,
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${headerOf(headers, name).trim().replaceAll(/ +/gu, " ")}`),
    "",
    signedHeaders.join(";"),
    headerOf(headers, "x-amz-content-sha256") || sha256(body)
  ].join("\n")
}

const canonicalQuery = (query: string): string =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/su)
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const
    })
    .toSorted(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const headerOf = (headers: IncomingHttpHeaders, name: string): string => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(",") : (value ?? "")
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex")

const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest()
