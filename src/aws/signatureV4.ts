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

/** Signs for `scope`. What a request has in common with the one before it is not worked out again. */
export const makeSign = (scope: SigningScope): Sign => {
  let derived: { readonly from: SdkKeys; readonly day: string; readonly hmac: Hmac } | undefined
  let now = secondOf(0, scope)
  let last: HeaderNames = { given: "", sorted: [], signed: "" }

  const hmacOf = (keys: SdkKeys, day: string): Hmac => {
    if (derived?.from !== keys || derived.day !== day) {
      const key = [day, scope.region, scope.service, "aws4_request"].reduce<string | Buffer>(
        (key, text) => createHmac("sha256", key).update(text).digest(),
        `AWS4${keys.secretAccessKey}`
      )
      derived = { from: keys, day, hmac: makeHmac(Buffer.from(key)) }
    }
    return derived.hmac
  }

  const timeAt = (at: number): Second => {
    const second = Math.floor(at / 1000)
    if (now.second !== second) now = secondOf(second, scope)
    return now
  }

  const namesOf = (headers: Readonly<Record<string, string>>): HeaderNames => {
    const names = Object.keys(headers).filter(isSigned)
    const given = names.join(";")
    if (last.given !== given) {
      const sorted = names.toSorted()
      last = { given, sorted, signed: sorted.join(";") }
    }
    return last
  }

  return ({ bodyHash, headers: given, method, path, query }, keys, at) => {
    const { credentialScope, day, time } = timeAt(at)
    const headers: Record<string, string> = {
      ...given,
      "x-amz-content-sha256": bodyHash,
      "x-amz-date": time,
      ...(keys.sessionToken === undefined ? undefined : { "x-amz-security-token": keys.sessionToken })
    }
    const { signed, sorted } = namesOf(headers)
    let lines = ""
    for (const name of sorted) lines += `${name}:${oneSpaced(headers[name] ?? "")}\n`
    const request = `${method}\n${path}\n${query}\n${lines}\n${signed}\n${bodyHash}`
    const signature = hmacOf(keys, day)(`AWS4-HMAC-SHA256\n${time}\n${credentialScope}\n${hashOf(request)}`)
    headers["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${credentialScope}, SignedHeaders=${signed}, Signature=${signature}`
    return headers
  }
}

/** What all signatures of one second have in common. **Shape** `time` is `20260102T030405Z`, and `day` its date. */
interface Second {
  readonly second: number
  readonly time: string
  readonly day: string
  readonly credentialScope: string
}

const secondOf = (second: number, { region, service }: SigningScope): Second => {
  const time = `${new Date(second * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/gu, "")}Z`
  const day = time.slice(0, 8)
  return { second, time, day, credentialScope: `${day}/${region}/${service}/aws4_request` }
}

/** The names of the headers that are signed: as they were given, and in order. */
interface HeaderNames {
  readonly given: string
  readonly sorted: ReadonlyArray<string>
  readonly signed: string
}

/** Whoever is in between may change the user agent. */
const isSigned = (name: string) => name !== "user-agent"

const oneSpaced = (value: string) => (SPACE.test(value) ? value.trim().replaceAll(/\s+/gu, " ") : value)

const SPACE = /\s/u

/** The HMAC of a text in ASCII, in hexadecimal. */
type Hmac = (text: string) => string

/** Bytes that SHA-256 takes in at a time. */
const BLOCK_BYTES = 64

/**
 * HMAC-SHA256 with a key of at most a block, as the two hashes that it consists of: an object for each, which Node has for it, takes twice as
 * long and more.
 *
 * **Source** RFC 2104, 2.
 */
const makeHmac = (key: Uint8Array): Hmac => {
  const padded = (pad: number) => Buffer.from(Array.from({ length: BLOCK_BYTES }, (_, i) => pad ^ (key[i] ?? 0)))
  const inner = padded(0x36).toString("latin1")
  const outer = padded(0x5c)
  return (text) => {
    const digest = hash("sha256", Buffer.from(inner + text, "latin1"), "buffer")
    return hash("sha256", Buffer.concat([outer, digest]))
  }
}
