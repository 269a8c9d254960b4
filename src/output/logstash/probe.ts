/**
 * Can the collectors be reached? Connects to each host as the output would, and sends nothing.
 */
import { type PeerCertificate, TLSSocket } from "node:tls"
import { Effect, type Result } from "effect"
import type { OutputError } from "../Output.ts"
import type { ConnectFailure } from "./ConnectFailure.ts"
import { dial, type Dialer } from "./dial.ts"
import { type DialOptions, type HostAddress, showAddress } from "./LogstashOptions.ts"
import { makeDialer } from "./makeDialer.ts"

/** The collector's side of TLS. **Shape** Names as certificates write them: `CN=collector, O=Example`. */
export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What was reached. **Shape** Without `tls` the connection is plain. */
export interface Reached {
  readonly tls?: TlsFacts
}

/** What came of one host. */
export interface HostProbe {
  /** `collector:5044` */
  readonly host: string
  readonly outcome: Result.Result<Reached, ConnectFailure>
}

/** What the output would connect to. */
export interface ProbeOptions extends DialOptions {
  readonly hosts: ReadonlyArray<HostAddress>
}

/**
 * Tries every host, all at the same time, each for at most `timeout`.
 *
 * **Shape** One answer for each host, in their order.
 *
 * **Errors** `OutputUnavailable` when certificates or keys cannot be used: then there is nothing to try with.
 *
 * **Not promised** That what listens there is a collector: it speaks only when it is sent events.
 */
export const probe = Effect.fnUntraced(function* (
  options: ProbeOptions
): Effect.fn.Return<ReadonlyArray<HostProbe>, OutputError> {
  const dialer = yield* makeDialer(options)
  return yield* Effect.forEach(
    options.hosts,
    (address) =>
      Effect.map(Effect.result(reach(address, dialer)), (outcome) => ({ host: showAddress(address), outcome })),
    { concurrency: "unbounded" }
  )
})

const reach = (address: HostAddress, dialer: Dialer): Effect.Effect<Reached, ConnectFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const socket = yield* dial(address, dialer)
      if (!(socket instanceof TLSSocket)) return {}
      const certificate = socket.getPeerCertificate()
      return {
        tls: {
          version: socket.getProtocol() ?? "unknown",
          subject: nameOf(certificate.subject),
          issuer: nameOf(certificate.issuer),
          expiresAt: Date.parse(certificate.valid_to)
        }
      }
    })
  )

/** A certificate may do without a name. */
const nameOf = (name: PeerCertificate["subject"] | undefined): string =>
  Object.entries(name ?? {})
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((text) => `${key}=${text}`))
    .join(", ")
