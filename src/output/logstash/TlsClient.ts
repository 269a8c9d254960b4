/**
 * Our side of TLS: whom we trust, and who we are. Read from files once, so that what can never work is told at start.
 */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFile } from "node:fs/promises"
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls"
import { Effect, Redacted } from "effect"
import { codeOf } from "../../files/codeOf.ts"
import { OutputUnavailable } from "../Output.ts"
import type { TlsOptions, VerificationMode } from "./LogstashOptions.ts"

/** What a handshake needs. */
export interface TlsClient {
  readonly verificationMode: VerificationMode
  /** Who is trusted now, and who we are. */
  readonly context: () => SecureContext
  /**
   * Trusts the authority whose fingerprint was configured, from now on, if it is among these certificates.
   *
   * **Shape** Answers whether it is. Without a fingerprint none is.
   */
  readonly trust: (presented: ReadonlyArray<X509Certificate>) => boolean
  /** Whether there is an authority that is known by its fingerprint alone. */
  readonly awaitsAuthority: () => boolean
}

/**
 * Reads certificates and keys.
 *
 * **Errors** `OutputUnavailable` for a file that cannot be read or holds something else, a passphrase that is missing or
 * wrong, a key that does not belong to its certificate. Neither key nor passphrase is ever in it.
 */
export const load = Effect.fnUntraced(function* (options: TlsOptions): Effect.fn.Return<TlsClient, OutputUnavailable> {
  const named = yield* Effect.forEach(options.certificateAuthorities, (authority) =>
    Effect.flatMap(read("certificate_authorities", authority), (text) => certificates("certificate_authorities", text))
  )
  const identity = yield* loadIdentity(options)
  const wanted = options.caTrustedFingerprint
  const known =
    named.length > 0 || wanted !== undefined
      ? named.flat()
      : [...getCACertificates("default"), ...getCACertificates("system")]
  const contextOf = (ca: Array<string>) => createSecureContext({ ...identity, ca, minVersion: "TLSv1.2" })
  let learned: string | undefined
  let context = contextOf(known)

  return {
    verificationMode: options.verificationMode,
    context: () => context,
    awaitsAuthority: () => wanted !== undefined && learned === undefined,
    trust: (presented) => {
      const authority = presented.find(({ fingerprint256 }) => plainHex(fingerprint256) === wanted)
      if (authority === undefined) return false
      learned = authority.toString()
      context = contextOf([...known, learned])
      return true
    }
  }
})

interface Identity {
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
}

const loadIdentity = Effect.fnUntraced(function* ({
  certificate,
  key,
  keyPassphrase
}: TlsOptions): Effect.fn.Return<Identity, OutputUnavailable> {
  if (certificate === undefined && key === undefined) return {}
  if (certificate === undefined) return yield* wrong("key", "needs ssl.certificate beside it")
  if (key === undefined) return yield* wrong("certificate", "needs ssl.key beside it")
  const cert = yield* read("certificate", certificate)
  const [leaf = ""] = yield* certificates("certificate", cert)
  const pem = yield* read("key", Redacted.value(key))
  const passphrase = keyPassphrase === undefined ? undefined : Redacted.value(keyPassphrase)
  const identity = { cert, key: pem, ...(passphrase === undefined ? undefined : { passphrase }) }
  const privateKey = yield* Effect.try({
    try: () => createPrivateKey({ key: pem, format: "pem", passphrase }),
    catch: () => wrong("key", whyNoKey(pem, passphrase))
  })
  if (!new X509Certificate(leaf).checkPrivateKey(privateKey)) {
    return yield* wrong("key", "does not belong to ssl.certificate")
  }
  return identity
})

const whyNoKey = (pem: string, passphrase: string | undefined): string => {
  if (!pem.includes("PRIVATE KEY-----")) return "is no private key in PEM form"
  if (!pem.includes("ENCRYPTED")) return "cannot be used: it is damaged, or of a kind that is not supported"
  return passphrase === undefined
    ? "is encrypted; give its passphrase in ssl.key_passphrase"
    : "cannot be decrypted; ssl.key_passphrase is wrong"
}

const PEM_BEGIN = "-----BEGIN "

const read = (key: string, pathOrText: string) =>
  pathOrText.trimStart().startsWith(PEM_BEGIN)
    ? Effect.succeed(pathOrText)
    : Effect.tryPromise({
        try: () => readFile(pathOrText, "utf8"),
        catch: (cause) => wrong(key, `${pathOrText} cannot be read (${codeOf(cause) ?? String(cause)})`)
      })

/** The certificates in a text, each as PEM. */
const certificates = (key: string, text: string) =>
  Effect.try({
    try: () => {
      const found = text.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? []
      if (found.length === 0) throw new Error("none")
      return found.map((pem) => new X509Certificate(pem).toString())
    },
    catch: () => wrong(key, "holds no certificate in PEM form, or one that is damaged")
  })

const wrong = (key: string, what: string) => new OutputUnavailable({ detail: `ssl.${key}: ${what}` })

const plainHex = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase()
