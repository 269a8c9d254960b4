/**
 * The keys under `output.logstash:`, as Beats name them.
 */
import type { Duration, Redacted } from "effect"
import { Result, Schema } from "effect"
import * as BeatsDuration from "./BeatsDuration.ts"
import * as ConfigKey from "./ConfigKey.ts"
import { HostEntry, ProxyUrl } from "./HostEntry.ts"
import { oneOrMany } from "./oneOrMany.ts"
import { scalar } from "./scalar.ts"
import { Flag, oneOf, Secret, Text, wholeNumber } from "./words.ts"

const Fingerprint = scalar(Schema.String, "a SHA-256 in hex", (text) => {
  const digits = text.replaceAll(":", "").toLowerCase()
  return /^[0-9a-f]{64}$/.test(digits)
    ? Result.succeed(digits)
    : Result.fail("is no SHA-256 in hex: 64 digits; openssl x509 -fingerprint -sha256 -noout -in ca.pem shows it")
})

const DEFAULTS_OF_OPENSSL = "TLS 1.2 and 1.3 are spoken, with the defaults of OpenSSL"

const Ssl = Schema.Struct({
  enabled: ConfigKey.withDefault(
    Flag,
    true,
    "Whether connections are made over TLS; without any key under ssl they are not."
  ),
  certificate_authorities: ConfigKey.withDefault(
    oneOrMany(Text),
    [],
    "The certificates of the authorities that may sign the collector's, as PEM files or as PEM texts; without any those of the system."
  ),
  certificate: ConfigKey.optional(
    Text,
    "The client certificate, as a PEM file or text, for collectors that ask for one; it needs key beside it."
  ),
  key: ConfigKey.optional(Secret, "The private key of that certificate, as a PEM file or text."),
  key_passphrase: ConfigKey.optional(
    Secret,
    "What the key is encrypted with, if it is; better as ${VAR} than in the file."
  ),
  verification_mode: ConfigKey.withDefault(
    oneOf({ full: "full", strict: "strict", certificate: "certificate", none: "none" }),
    "full",
    "What of the collector's certificate is checked: full, who signed it and its names; strict, the same but no common name as a last resort; certificate, who signed it; none, nothing, so that anybody may pose as the collector."
  ),
  ca_trusted_fingerprint: ConfigKey.optional(
    Fingerprint,
    "The SHA-256 of an authority's certificate in hex, by which it is trusted when the collector presents it; spares copying a file."
  ),
  ca_sha256: ConfigKey.unused("ca_trusted_fingerprint says whom to trust"),
  supported_protocols: ConfigKey.unused(DEFAULTS_OF_OPENSSL),
  cipher_suites: ConfigKey.unused(DEFAULTS_OF_OPENSSL),
  curve_types: ConfigKey.unused(DEFAULTS_OF_OPENSSL),
  renegotiation: ConfigKey.unused("TLS sessions are never renegotiated")
})

const Backoff = Schema.Struct({
  init: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "10 millis", maximum: "1 hour" }),
    "1s",
    "The pause before a collector that failed is connected to again; doubled each time until it acknowledges something."
  ),
  max: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "10 millis", maximum: "1 hour" }),
    "60s",
    "How long that pause becomes; shorter finds a collector that is back sooner."
  )
})

const Worker = wholeNumber({ minimum: 1, maximum: 256 })

/** The keys under `output.logstash:`. */
export const LogstashSection = Schema.Struct({
  enabled: ConfigKey.withDefault(Flag, true, "Whether events go to the collector."),
  hosts: ConfigKey.required(
    oneOrMany(HostEntry).check(
      Schema.makeFilter((hosts) =>
        hosts.length === 0 ? "names no host; write one as in collector.example.com:5044" : undefined
      )
    ),
    "The collectors, each as host, host:port or [IPv6]:port; the port is 5044 unless given.",
    "collector.example.com:5044"
  ),
  loadbalance: ConfigKey.withDefault(
    Flag,
    false,
    "Whether all hosts are sent to at once; off, it is one at a time, the first at random, and the next when it fails."
  ),
  worker: ConfigKey.withDefault(
    Worker,
    1,
    "How many connections to each host in use; more fill a link that is fast and far."
  ),
  workers: ConfigKey.optional(Worker, "worker, as newer Beats spell it."),
  bulk_max_size: ConfigKey.withDefault(
    wholeNumber({ minimum: 0, maximum: 1_000_000 }),
    2048,
    "How many events a window holds, which is what the collector acknowledges as one; 0 sends every batch as one window."
  ),
  pipelining: ConfigKey.withDefault(
    wholeNumber({ minimum: 0, maximum: 256 }),
    2,
    "How many windows may be on their way on one connection before the first is acknowledged; 0 is as good as 1."
  ),
  compression_level: ConfigKey.withDefault(
    wholeNumber({ minimum: 0, maximum: 9 }),
    3,
    "How hard zlib tries, 0 not at all; higher costs more of the processor and less of the network."
  ),
  timeout: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "1 second", maximum: "1 hour" }),
    "30s",
    "How long connecting may take, and how long a collector may be silent while it owes an acknowledgement, before the connection is given up."
  ),
  ttl: ConfigKey.withDefault(
    BeatsDuration.within({ minimum: "0 seconds", maximum: "24 hours" }),
    "0s",
    "After how long a connection is replaced, so that a load balancer may choose anew; 0s for never."
  ),
  slow_start: ConfigKey.withDefault(
    Flag,
    false,
    "Whether windows begin with 10 events and grow while all goes well, to spare a collector that has just come up."
  ),
  backoff: ConfigKey.withDefault(Backoff, {}, "The pauses before a collector that failed is connected to again."),
  ssl: ConfigKey.optional(Ssl, "TLS on the way to the collector."),
  proxy_url: ConfigKey.optional(
    ProxyUrl,
    "The SOCKS5 proxy on the way, as in socks5://user:password@proxy:1080; it also resolves the names of the hosts."
  ),
  proxy_use_local_resolver: ConfigKey.withDefault(
    Flag,
    false,
    "Whether the names of the hosts are resolved here even if there is a proxy."
  ),
  index: ConfigKey.unused("@metadata.beat is always s3beat; route by fullyqualifiedbeatname, tags or fields"),
  escape_html: ConfigKey.unused("events are shipped as they are"),
  max_retries: ConfigKey.unused("events are sent until they are acknowledged, and never dropped"),
  bulk_max_bytes: ConfigKey.unused("batch.maxBytes says it for every output"),
  queue: ConfigKey.unused("SQS itself is the durable queue")
})

/** What the section means. **Shape** As the output takes it. */
export interface LogstashConfig {
  readonly hosts: ReadonlyArray<typeof HostEntry.Type>
  readonly loadbalance: boolean
  readonly worker: number
  readonly bulkMaxSize: number
  readonly pipelining: number
  readonly compressionLevel: number
  readonly timeout: Duration.Duration
  readonly ttl: Duration.Duration
  readonly slowStart: boolean
  readonly backoff: { readonly init: Duration.Duration; readonly max: Duration.Duration }
  readonly ssl?: {
    readonly certificateAuthorities: ReadonlyArray<string>
    readonly certificate?: string | undefined
    readonly key?: Redacted.Redacted | undefined
    readonly keyPassphrase?: Redacted.Redacted | undefined
    readonly verificationMode: "full" | "strict" | "certificate" | "none"
    readonly caTrustedFingerprint?: string | undefined
  }
  readonly proxy?: typeof ProxyUrl.Type & { readonly useLocalResolver: boolean }
}

/** The largest count that a window can announce. */
const UNLIMITED = 0xffff_ffff

/** What a decoded section means. */
export const logstashOf = (section: typeof LogstashSection.Type): LogstashConfig => {
  const { backoff, hosts, loadbalance, proxy_url: proxy, ssl, timeout, ttl } = section
  return {
    hosts,
    loadbalance,
    worker: section.workers ?? section.worker,
    bulkMaxSize: section.bulk_max_size || UNLIMITED,
    pipelining: Math.max(1, section.pipelining),
    compressionLevel: section.compression_level,
    timeout,
    ttl,
    slowStart: section.slow_start,
    backoff,
    ...(ssl?.enabled === true
      ? {
          ssl: {
            certificateAuthorities: ssl.certificate_authorities,
            certificate: ssl.certificate,
            key: ssl.key,
            keyPassphrase: ssl.key_passphrase,
            verificationMode: ssl.verification_mode,
            caTrustedFingerprint: ssl.ca_trusted_fingerprint
          }
        }
      : undefined),
    ...(proxy === undefined ? undefined : { proxy: { ...proxy, useLocalResolver: section.proxy_use_local_resolver } })
  }
}
