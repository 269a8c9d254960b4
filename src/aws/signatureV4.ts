/**
 * Signature Version 4.
 *
 * The SDK's signer gives the same signature. It takes six times as long, because it signs whatever any service can be asked,
 * by promises; of a small object that would be half of what reading it costs.
 *
 * **Source** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, hash } from "node:crypto"
import type { SdkKeys } from "./AwsClients.ts"

/** What a signature is good for. */
export interface SigningScope {
  readonly region: string
  readonly service: string
}

/**
 * A request that is to be signed.
 *
 * **Shape** `path` and `query` as they are sent: encoded, the query in order; the names of `headers` in lower case; `bodyHash` as
 * `hashOf` has it.
 */
export interface UnsignedRequest {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyHash: string
}

/**
 * The headers that the request is to be sent with: its own, all signed but for `user-agent`, and the signature.
 *
 * **Units** `at` in milliseconds since the epoch: AWS refuses what is more than 15 minutes off.
 */
export type Sign = (request: UnsignedRequest, keys: SdkKeys, at: number) => Record<string, string>

/** The hash of a body. */
export const hashOf = (body: string | Uint8Array): string => hash("sha256", body)

/** The hash of a body that is empty. */
export const EMPTY_HASH = hashOf("")

/** What AWS calls UriEncode: a few more characters are escaped than JavaScript does. */
export const uriEncode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** Signs for `scope`. The key of a day is derived once. */
export const makeSign = (scope: SigningScope): Sign => {
  let derived: { readonly from: SdkKeys; readonly day: string; readonly key: Buffer } | undefined

  const keyOf = (keys: SdkKeys, day: string): Buffer => {
    if (derived?.from !== keys || derived.day !== day) {
      const key = [day, scope.region, scope.service, "aws4_request"].reduce<string | Buffer>(
        hmac,
        `AWS4${keys.secretAccessKey}`
      )
      derived = { from: keys, day, key: Buffer.from(key) }
    }
    return derived.key
  }

  return ({ bodyHash, headers: given, method, path, query }, keys, at) => {
    const time = basicTime(at)
    const day = time.slice(0, 8)
    const credentialScope = `${day}/${scope.region}/${scope.service}/aws4_request`
    const headers: Record<string, string> = {
      ...given,
      "x-amz-content-sha256": bodyHash,
      "x-amz-date": time,
      ...(keys.sessionToken === undefined ? undefined : { "x-amz-security-token": keys.sessionToken })
    }
    const names = Object.keys(headers).filter(isSigned).toSorted()
    const lines = names.map((name) => `${name}:${oneSpaced(headers[name] ?? "")}\n`).join("")
    const signedNames = names.join(";")
    const request = `${method}\n${path}\n${query}\n${lines}\n${signedNames}\n${bodyHash}`
    const text = `AWS4-HMAC-SHA256\n${time}\n${credentialScope}\n${hashOf(request)}`
    const signature = hmac(keyOf(keys, day), text).toString("hex")
    headers["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${credentialScope}, SignedHeaders=${signedNames}, Signature=${signature}`
    return headers
  }
}

/** Whoever is in between may change the user agent. */
const isSigned = (name: string) => name !== "user-agent"

const oneSpaced = (value: string) => value.trim().replaceAll(/\s+/gu, " ")

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

/** `20260102T030405Z` */
const basicTime = (at: number) => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/gu, "")}Z`
