/**
 * The network over Node's sockets.
 */
import { lookup } from "node:dns/promises"
import { connect, isIP, type Socket } from "node:net"
import { connect as connectTls, TLSSocket } from "node:tls"
import { Clock, Duration, Effect, Layer, Predicate } from "effect"
import { Network, type Reached, Unreachable } from "./Network.ts"

/** How long a host may take to be found, and to answer. */
const LIMIT = Duration.seconds(5)

const reach = Effect.fnUntraced(function* (url: URL): Effect.fn.Return<Reached, Unreachable> {
  const began = yield* Clock.currentTimeMillis
  // A URL has the addresses of IPv6 in brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/u, "$1")
  const isSecure = url.protocol === "https:"
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port)
  yield* Effect.tryPromise({ try: () => lookup(host), catch: (cause) => unreachable("name", codeOf(cause)) }).pipe(
    Effect.timeoutOrElse({ duration: LIMIT, orElse: () => Effect.fail(unreachable("name", TIMED_OUT)) })
  )
  const open = () =>
    isSecure
      ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : undefined) })
      : connect({ host, port })
  const socket = yield* answered(open, isSecure)
  const took = Duration.millis((yield* Clock.currentTimeMillis) - began)
  return { ...socket, took }
})

/** Waits until someone answers, and hangs up. */
const answered = (open: () => Socket, isSecure: boolean) =>
  Effect.acquireUseRelease(
    Effect.sync(open),
    (socket) => {
      let step: Unreachable["step"] = "connection"
      return Effect.callback<Omit<Reached, "took">, Unreachable>((resume) => {
        socket.once("connect", () => (step = "tls"))
        socket.once(isSecure ? "secureConnect" : "connect", () => resume(Effect.succeed(peerOf(socket))))
        socket.on("error", (cause) => resume(Effect.fail(unreachable(step, codeOf(cause)))))
      }).pipe(
        Effect.timeoutOrElse({
          duration: LIMIT,
          orElse: () => Effect.suspend(() => Effect.fail(unreachable(step, TIMED_OUT)))
        })
      )
    },
    (socket) => Effect.sync(() => socket.destroy())
  )

const peerOf = (socket: Socket): Omit<Reached, "took"> => {
  const tls = socket instanceof TLSSocket ? socket.getProtocol() : null
  return { address: socket.remoteAddress ?? "", ...(tls === null ? undefined : { tls }) }
}

const TIMED_OUT = `no answer within ${Duration.format(LIMIT)}`

const unreachable = (step: Unreachable["step"], detail: string) => new Unreachable({ step, detail })

/** The code says all: the message repeats it, with addresses that the check names already. */
const codeOf = (cause: unknown): string => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : undefined
  return code === undefined ? String(cause) : (meanings[code] ?? code)
}

/** **Source** errno(3), getaddrinfo(3), and OpenSSL's codes of verification as Node names them. */
const meanings: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name is not known (ENOTFOUND)",
  EAI_AGAIN: "the name server does not answer (EAI_AGAIN)",
  ECONNREFUSED: "the connection is refused (ECONNREFUSED)",
  ECONNRESET: "the connection is reset (ECONNRESET)",
  EHOSTUNREACH: "there is no route to the host (EHOSTUNREACH)",
  ENETUNREACH: "there is no route to the network (ENETUNREACH)",
  CERT_HAS_EXPIRED: "its certificate has expired (CERT_HAS_EXPIRED)",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself (DEPTH_ZERO_SELF_SIGNED_CERT)",
  SELF_SIGNED_CERT_IN_CHAIN:
    "its certificate comes from an authority that is not known here (SELF_SIGNED_CERT_IN_CHAIN)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate comes from an authority that is not known here (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)"
}

/** DNS, TCP and TLS of this machine. */
export const layer: Layer.Layer<Network> = Layer.succeed(Network, { reach: Effect.fn("Network.reach")(reach) })
