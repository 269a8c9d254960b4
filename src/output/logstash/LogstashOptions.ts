/**
 * What the output `logstash` is told by the config.
 */
import type { Duration, Redacted } from "effect"

/** Where a collector listens. **Shape** `host` is a name or an address; an IPv6 address stands without brackets. */
export interface HostAddress {
  readonly host: string
  readonly port: number
}

/** How a host is shown: `collector:5044`, `[::1]:5044`. */
export const showAddress = ({ host, port }: HostAddress): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/**
 * What of the collector's certificate is checked.
 *
 * **Shape** `full`: its chain and its name, the common name where it has no other. `strict`: as `full`, without that exception.
 * `certificate`: its chain. `none`: nothing.
 */
export type VerificationMode = "full" | "strict" | "certificate" | "none"

/** **Shape** Certificates and keys are paths of PEM files, or PEM texts themselves. */
export interface TlsOptions {
  /** Whom to trust; empty for whom the system trusts. */
  readonly certificateAuthorities: ReadonlyArray<string>
  readonly certificate?: string | undefined
  readonly key?: Redacted.Redacted | undefined
  readonly keyPassphrase?: Redacted.Redacted | undefined
  readonly verificationMode: VerificationMode
  /** SHA-256 of a certificate, in 64 small hex digits: if the collector presents it, it is trusted like an authority. */
  readonly caTrustedFingerprint?: string | undefined
}

/** A SOCKS5 proxy. */
export interface ProxyOptions extends HostAddress {
  readonly credentials?: { readonly username: string; readonly password: Redacted.Redacted } | undefined
  /** Whether names are resolved here and not by the proxy. */
  readonly useLocalResolver: boolean
}

/** How a connection is made. */
export interface DialOptions {
  /** How long making it may take, and how long a peer that owes an acknowledgement may be silent. */
  readonly timeout: Duration.Duration
  readonly ssl?: TlsOptions | undefined
  readonly proxy?: ProxyOptions | undefined
}

/** The output. **Shape** At least one host. */
export interface LogstashOptions extends DialOptions {
  readonly hosts: ReadonlyArray<HostAddress>
  /** Whether all hosts are sent to, and not one at a time. */
  readonly loadbalance: boolean
  /** Connections to each host. */
  readonly worker: number
  /** Events in a window, at most. */
  readonly bulkMaxSize: number
  /** Windows on one connection that are not acknowledged, at most. */
  readonly pipelining: number
  /** Of zlib, 1 to 9; 0 sends events as they are. */
  readonly compressionLevel: number
  /** After how long a connection is replaced; zero for never. */
  readonly ttl: Duration.Duration
  /** Whether windows begin small and grow while all goes well. */
  readonly slowStart: boolean
  /** The pauses before a host that failed is tried again. */
  readonly backoff: { readonly init: Duration.Duration; readonly max: Duration.Duration }
}
