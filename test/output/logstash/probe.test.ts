import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted, Result } from "effect"
import type { TlsOptions } from "../../../src/output/logstash/LogstashOptions.ts"
import { probe, type ProbeOptions } from "../../../src/output/logstash/probe.ts"
import { makeAuthority } from "../../support/certificates.ts"
import * as Wire from "../../support/LumberjackWire.ts"
import * as SocksProxy from "../../support/socksProxy.ts"

const authority = makeAuthority("authority")
const issued = (names: ReadonlyArray<string>, notAfter = new Date("2100-01-01T00:00:00Z")) => {
  const { certificate, key } = authority.issue({ commonName: "collector", names, notAfter })
  return { cert: certificate, key }
}
const ssl: TlsOptions = { certificateAuthorities: [authority.certificate], verificationMode: "full" }
const timeout = Duration.seconds(10)

/** What came of each host, in a word where it failed. */
const outcomes = (options: Omit<ProbeOptions, "timeout">) =>
  Effect.map(probe({ timeout, ...options }), (hosts) =>
    hosts.map(({ outcome }) => (Result.isSuccess(outcome) ? outcome.success : outcome.failure.reason))
  )

describe("probe", () => {
  it.live("tells each host's own outcome, in their order", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const { address: gone } = yield* Effect.scoped(Wire.make())
      const nowhere = { host: "collector.invalid", port: 5044 }
      const found = yield* probe({ timeout, hosts: [gone, wire.address, nowhere] })
      assert.deepStrictEqual(
        found.map(({ host }) => host),
        [`127.0.0.1:${gone.port}`, `127.0.0.1:${wire.address.port}`, "collector.invalid:5044"]
      )
      assert.deepStrictEqual(found[1]?.outcome, Result.succeed({}))
      const [refused, , unresolved] = found.map(({ outcome }) =>
        Result.isFailure(outcome) ? outcome.failure : undefined
      )
      assert.strictEqual(refused?.reason, "Refused")
      assert.strictEqual(
        refused?.message,
        `127.0.0.1:${gone.port}: nothing listens there; check the port, and that the collector is up (ECONNREFUSED)`
      )
      assert.strictEqual(unresolved?.reason, "NameNotResolved")
      assert.deepStrictEqual(wire.arrived(), [])
    })
  )

  it.live("tells the version of TLS and whose certificate it is, until when", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make({ tls: issued(["127.0.0.1"]) })
      assert.deepStrictEqual(yield* outcomes({ hosts: [wire.address], ssl }), [
        {
          tls: {
            version: "TLSv1.3",
            subject: "CN=collector",
            issuer: "CN=authority",
            expiresAt: Date.UTC(2100, 0)
          }
        }
      ])
    })
  )

  it.live("tells what is wrong with a certificate apart", () =>
    Effect.gen(function* () {
      const right = yield* Wire.make({ tls: issued(["127.0.0.1"]) })
      const elsewhere = yield* Wire.make({ tls: issued(["elsewhere.example"]) })
      const expired = yield* Wire.make({ tls: issued(["127.0.0.1"], new Date(2020, 1)) })
      const plain = yield* Wire.make()
      plain.behave(Wire.closesAtOnce)
      const old = yield* Wire.make({ tls: { ...issued(["127.0.0.1"]), maxVersion: "TLSv1.1", minVersion: "TLSv1" } })
      const hosts = [right, elsewhere, expired, plain, old].map(({ address }) => address)
      assert.deepStrictEqual((yield* outcomes({ hosts, ssl })).slice(1), [
        "HostnameMismatch",
        "Expired",
        "Closed",
        "HandshakeFailed"
      ])
      const strangers = { ...ssl, certificateAuthorities: [makeAuthority("stranger").certificate] }
      assert.deepStrictEqual(yield* outcomes({ hosts: [right.address], ssl: strangers }), ["Untrusted"])
    })
  )

  it.live("finds a collector that wants a client certificate, in both versions of TLS", () =>
    Effect.gen(function* () {
      for (const [maxVersion, reason] of [
        // In TLS 1.2 there is no alert for it but that of every handshake that fails.
        ["TLSv1.2", "HandshakeFailed"],
        ["TLSv1.3", "ClientCertificateRefused"]
      ] as const) {
        const asks = { requestCert: true, rejectUnauthorized: true, ca: authority.certificate, maxVersion }
        const wire = yield* Wire.make({ tls: { ...issued(["127.0.0.1"]), ...asks } })
        assert.deepStrictEqual(yield* outcomes({ hosts: [wire.address], ssl }), [reason])
        const { certificate, key } = authority.issue({ commonName: "client" })
        const [reached] = yield* outcomes({
          hosts: [wire.address],
          ssl: { ...ssl, certificate, key: Redacted.make(key) }
        })
        assert.deepNestedInclude(reached, { "tls.version": maxVersion })
      }
    })
  )

  it.live("goes through the proxy, and tells when that is what refuses", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const hosts = [wire.address]
      const proxy = (yield* SocksProxy.make()).address
      assert.deepStrictEqual(yield* outcomes({ hosts, proxy: { ...proxy, useLocalResolver: false } }), [{}])
      const refusing = (yield* SocksProxy.make({ refuses: 2 })).address
      assert.deepStrictEqual(yield* outcomes({ hosts, proxy: { ...refusing, useLocalResolver: false } }), [
        "ProxyRefused"
      ])
    })
  )

  it.live("a host that says nothing is given up after the timeout, and nothing stays open", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const [found] = yield* probe({ timeout: Duration.millis(200), hosts: [wire.address], ssl })
      assert.isTrue(
        found !== undefined && Result.isFailure(found.outcome) && found.outcome.failure.reason === "TimedOut"
      )
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    })
  )

  it.live("certificates that cannot be used are told before anything is tried", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        probe({ timeout, hosts: [], ssl: { ...ssl, certificateAuthorities: ["none.pem"] } })
      )
      assert.strictEqual(
        error.message,
        "output.logstash: ssl.certificate_authorities: none.pem cannot be read (ENOENT)"
      )
    })
  )
})
