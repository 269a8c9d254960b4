/**
 * Why a collector cannot be reached, in a word for programs and a line for people.
 */
import { Schema } from "effect"
import { codeOf } from "../../files/codeOf.ts"
import { type HostAddress, showAddress } from "./LogstashOptions.ts"

/** What stood in the way. */
export const ConnectReason = Schema.Literals([
  "NameNotResolved",
  "Refused",
  "Unreachable",
  "TimedOut",
  "Closed",
  "ProxyRefused",
  "NotTls",
  "Untrusted",
  "HostnameMismatch",
  "Expired",
  "ClientCertificateRefused",
  "HandshakeFailed"
])

/** What stood in the way. */
export type ConnectReason = typeof ConnectReason.Type

/** A host could not be connected to. **Shape** `detail` is one line: what happened, and what to do where that is known. */
export class ConnectFailure extends Schema.TaggedError<ConnectFailure>()("ConnectFailure", {
  host: Schema.String,
  reason: ConnectReason,
  detail: Schema.String
}) {
  override get message() {
    return `${this.host}: ${this.detail}`
  }
}

/** The failure of a connection to `address`. */
export const connectFailure = (address: HostAddress, reason: ConnectReason, detail: string): ConnectFailure =>
  new ConnectFailure({ host: showAddress(address), reason, detail })

/** What a socket's error means. */
export const fromSocketError = (address: HostAddress, cause: Error): ConnectFailure => {
  const code = codeOf(cause) ?? ""
  const known = meanings[code] ?? meaningOfTls(code)
  if (known === undefined)
    return connectFailure(address, "Unreachable", oneLine(cause.message || code || String(cause)))
  const [reason, meaning] = known
  // Which names the certificate has, only the message says.
  return connectFailure(
    address,
    reason,
    `${meaning} (${reason === "HostnameMismatch" ? oneLine(cause.message) : code})`
  )
}

const CLOSED = "the connection was closed by the other side"
const UNTRUSTED =
  "its certificate is signed by nobody we trust; name its authority in ssl.certificate_authorities, or in ssl.ca_trusted_fingerprint"

/** **Source** errno(3), and the codes of X509_verify_cert_error_string(3) as Node names them. */
const meanings: Readonly<Record<string, readonly [ConnectReason, string]>> = {
  ENOTFOUND: ["NameNotResolved", "there is no such host; check the name, and the DNS of this machine"],
  EAI_AGAIN: ["NameNotResolved", "the name cannot be resolved now; check the DNS of this machine"],
  ECONNREFUSED: ["Refused", "nothing listens there; check the port, and that the collector is up"],
  EHOSTUNREACH: ["Unreachable", "there is no way to that host; check routes and firewalls"],
  ENETUNREACH: ["Unreachable", "there is no way to that network; check routes and firewalls"],
  ETIMEDOUT: ["TimedOut", "the host does not answer; check the address, and firewalls"],
  ECONNRESET: ["Closed", CLOSED],
  EPIPE: ["Closed", CLOSED],
  CERT_HAS_EXPIRED: ["Expired", "its certificate, or that of its authority, has expired; renew it"],
  CERT_NOT_YET_VALID: ["Expired", "its certificate is not valid yet; check the clocks of both machines"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["HostnameMismatch", "its certificate is for another name"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["Untrusted", UNTRUSTED],
  SELF_SIGNED_CERT_IN_CHAIN: ["Untrusted", UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT: ["Untrusted", UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["Untrusted", UNTRUSTED],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["Untrusted", UNTRUSTED],
  CERT_SIGNATURE_FAILURE: ["Untrusted", UNTRUSTED],
  CERT_UNTRUSTED: ["Untrusted", UNTRUSTED],
  INVALID_CA: ["Untrusted", UNTRUSTED]
}

const meaningOfTls = (code: string): readonly [ConnectReason, string] | undefined => {
  if (/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL)$/.test(code)) {
    return ["NotTls", "it does not speak TLS; remove ssl, or turn TLS on at the collector"]
  }
  if (/ALERT.*(?:CERTIFICATE|_CA$|ACCESS_DENIED)/.test(code)) {
    return [
      "ClientCertificateRefused",
      "it wants a client certificate that it trusts; give one in ssl.certificate and ssl.key"
    ]
  }
  return code.startsWith("ERR_SSL_")
    ? [
        "HandshakeFailed",
        "the TLS handshake failed; it may want a client certificate, or speak neither TLS 1.2 nor 1.3"
      ]
    : undefined
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim()
