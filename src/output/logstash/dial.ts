/**
 * From an address to a socket that is ready for frames: TCP, or a proxy, and TLS.
 */
import { X509Certificate } from "node:crypto"
import { lookup } from "node:dns/promises"
import { connect, isIP, type Socket } from "node:net"
import { checkServerIdentity, connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls"
import { Duration, Effect, type Scope } from "effect"
import { type ConnectFailure, connectFailure, fromSocketError } from "./ConnectFailure.ts"
import {
  type DialOptions,
  type HostAddress,
  type ProxyOptions,
  showAddress,
  type VerificationMode
} from "./LogstashOptions.ts"
import { connectThrough } from "./socks5.ts"
import type { TlsClient } from "./TlsClient.ts"

/** What is known beforehand of every connection. **Shape** Without `tls` the connection is plain. */
export interface Dialer extends Pick<DialOptions, "timeout" | "proxy"> {
  readonly tls: TlsClient | undefined
}

/**
 * Connects, and lets go of the socket when the scope closes.
 *
 * **Errors** Within `timeout`: see `ConnectReason`.
 */
export const dial = (address: HostAddress, dialer: Dialer): Effect.Effect<Socket, ConnectFailure, Scope.Scope> =>
  Effect.suspend(() => {
    const { tls } = dialer
    if (tls === undefined) return reach(address, dialer)
    // Asked before: another connection may learn of it while this one fails for the want of it.
    const awaitsAuthority = tls.awaitsAuthority()
    return Effect.catchIf(
      secured(address, dialer, tls, tls.verificationMode),
      ({ reason }) => reason === "Untrusted" && awaitsAuthority,
      (failure) => trustPresented(address, dialer, tls, failure)
    )
  }).pipe(
    Effect.timeoutOrElse({
      duration: dialer.timeout,
      orElse: () =>
        Effect.fail(connectFailure(address, "TimedOut", `no connection within ${Duration.format(dialer.timeout)}`))
    })
  )

/**
 * The authority that we know by its fingerprint is presented by the collector itself. It is looked for on a connection of its
 * own, on which nothing is checked and nothing is sent; then all is checked on a new one.
 */
const trustPresented = Effect.fnUntraced(function* (
  address: HostAddress,
  dialer: Dialer,
  tls: TlsClient,
  failure: ConnectFailure
) {
  const presented = yield* Effect.scoped(Effect.map(secured(address, dialer, tls, "none"), chainOf))
  if (!tls.trust(presented)) {
    return yield* connectFailure(address, "Untrusted", "it presents no certificate of ssl.ca_trusted_fingerprint")
  }
  yield* Effect.logDebug(`Trusts the authority of ${failure.host} by its fingerprint.`)
  return yield* secured(address, dialer, tls, tls.verificationMode)
})

const secured = Effect.fnUntraced(function* (
  address: HostAddress,
  dialer: Dialer,
  tls: TlsClient,
  mode: VerificationMode
) {
  const raw = yield* reach(address, dialer)
  const { host } = address
  const socket = yield* held(() =>
    connectTls({
      socket: raw,
      host,
      // An address is no name: RFC 6066, section 3.
      ...(isIP(host) === 0 ? { servername: host } : undefined),
      secureContext: tls.context(),
      rejectUnauthorized: mode !== "none",
      checkServerIdentity: checks[mode]
    })
  )
  yield* ready(address, socket, "secureConnect")
  if (socket.getProtocol() === "TLSv1.3") yield* accepted(address, socket)
  return socket
})

/** How long a collector is waited for that sends no session tickets. */
const REFUSAL_WAIT = "500 millis"

/**
 * In TLS 1.3 the client is ready before the server has seen its certificate, and whatever it sends at once would be met by a
 * reset that overtakes the reason. A server that is content sends a session ticket.
 */
const accepted = (address: HostAddress, socket: TLSSocket) =>
  ready(address, socket, "session").pipe(
    Effect.catchIf(
      ({ reason }) => reason === "Closed",
      () =>
        Effect.fail(
          connectFailure(
            address,
            "Closed",
            "it has closed the connection right after the TLS handshake; if it wants a client certificate, give one that it trusts in ssl.certificate and ssl.key"
          )
        )
    ),
    Effect.timeoutOption(REFUSAL_WAIT)
  )

/** The raw connection, through the proxy if there is one. */
const reach = Effect.fnUntraced(function* (address: HostAddress, { proxy }: Dialer) {
  const next = proxy ?? address
  const socket = yield* held(() => connect({ host: next.host, port: next.port, noDelay: true, keepAlive: true }))
  if (proxy === undefined) {
    yield* ready(address, socket, "connect")
    return socket
  }
  yield* Effect.mapError(ready(proxy, socket, "connect"), ({ detail, reason }) =>
    connectFailure(address, reason, `the proxy ${showAddress(proxy)} cannot be reached: ${detail}`)
  )
  yield* connectThrough(socket, proxy, yield* resolved(address, proxy))
  return socket
})

const resolved = (address: HostAddress, proxy: ProxyOptions) =>
  proxy.useLocalResolver && isIP(address.host) === 0
    ? Effect.tryPromise({
        try: async () => ({ ...address, host: (await lookup(address.host)).address }),
        catch: (cause) => fromSocketError(address, cause instanceof Error ? cause : new Error(String(cause)))
      })
    : Effect.succeed(address)

/** A socket that is destroyed with the scope. Its errors are told by whoever waits for it, but must always be heard. */
const held = <S extends Socket>(make: () => S) =>
  Effect.acquireRelease(
    Effect.sync(() => make().on("error", () => {})),
    (socket) => Effect.sync(() => socket.destroy())
  )

const ready = (address: HostAddress, socket: Socket, event: "connect" | "secureConnect" | "session") =>
  Effect.callback<void, ConnectFailure>((resume) => {
    const stop = () => socket.off(event, succeed).off("error", fail).off("close", closed)
    const end = (result: Effect.Effect<void, ConnectFailure>) => {
      stop()
      resume(result)
    }
    const succeed = () => end(Effect.void)
    const fail = (cause: Error) => end(Effect.fail(fromSocketError(address, cause)))
    const closed = () =>
      end(Effect.fail(connectFailure(address, "Closed", "the connection was closed by the other side")))
    socket.on(event, succeed).on("error", fail).on("close", closed)
    return Effect.sync(stop)
  })

const isRight = () => undefined

const checks: { readonly [Mode in VerificationMode]: typeof checkServerIdentity } = {
  full: checkServerIdentity,
  strict: (host, certificate) =>
    certificate.subjectaltname === undefined
      ? Object.assign(new Error("it names no host as subject alternative name"), {
          code: "ERR_TLS_CERT_ALTNAME_INVALID"
        })
      : checkServerIdentity(host, certificate),
  certificate: isRight,
  none: isRight
}

/** All certificates that the peer has presented. */
const chainOf = (socket: TLSSocket): ReadonlyArray<X509Certificate> => {
  const chain: Array<X509Certificate> = []
  const seen = new Set<PeerCertificate>()
  let next: PeerCertificate | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && !seen.has(next)) {
    seen.add(next)
    chain.push(new X509Certificate(next.raw))
    next = "issuerCertificate" in next ? (next.issuerCertificate as PeerCertificate) : undefined
  }
  return chain
}
