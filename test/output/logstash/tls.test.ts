import { assert, describe, it } from "@effect/vitest"
import { createPrivateKey } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import type { TlsOptions } from "../../../src/output/logstash/LogstashOptions.ts"
import { makeAuthority } from "../../support/certificates.ts"
import { layerOf, numbered, publish } from "../../support/logstashWorld.ts"
import * as Wire from "../../support/LumberjackWire.ts"
import { layer as temporaryDirectory, TemporaryDirectory } from "../../support/TemporaryDirectory.ts"

const authority = makeAuthority("the right authority")
const stranger = makeAuthority("another authority")

/** A collector whose certificate is for these names. */
const collector = (
  names: ReadonlyArray<string>,
  more: { readonly asksForClients?: boolean; readonly notAfter?: Date } = {}
) => {
  const { certificate, key } = authority.issue({
    commonName: "localhost",
    names,
    ...(more.notAfter === undefined ? undefined : { notAfter: more.notAfter })
  })
  return Wire.make({
    tls: {
      cert: certificate + authority.certificate,
      key,
      ...(more.asksForClients === true
        ? { requestCert: true, rejectUnauthorized: true, ca: authority.certificate }
        : undefined)
    }
  })
}

const trusting = (options: Partial<TlsOptions> = {}): TlsOptions => ({
  certificateAuthorities: [authority.certificate],
  verificationMode: "full",
  ...options
})

/** Trusting nobody but whom the collector presents with this fingerprint. */
const byFingerprint = (caTrustedFingerprint: string) => trusting({ certificateAuthorities: [], caTrustedFingerprint })

const ship = (wire: Wire.LumberjackWire, ssl: TlsOptions, host = "127.0.0.1") =>
  publish(...numbered(10)).pipe(Effect.provide(layerOf({ hosts: [{ ...wire.address, host }], ssl })))

/** Why the events could not be shipped, without the host. */
const refused = (wire: Wire.LumberjackWire, ssl: TlsOptions, host?: string) =>
  Effect.map(Effect.flip(ship(wire, ssl, host)), ({ reason }) => reason.detail.replace(/^\S+:\d+: /, ""))

const arrived = (wire: Wire.LumberjackWire) => assert.deepStrictEqual(wire.arrived(), numbered(10))

describe("LogstashOutput over TLS", () => {
  it.live("a collector whose authority is named is trusted, as a text or as a file of several", () =>
    Effect.gen(function* () {
      const file = join(yield* TemporaryDirectory, "ca.pem")
      yield* Effect.promise(() => writeFile(file, stranger.certificate + authority.certificate))
      for (const certificateAuthorities of [[authority.certificate], [file]]) {
        const wire = yield* collector(["127.0.0.1"])
        yield* ship(wire, trusting({ certificateAuthorities }))
        arrived(wire)
      }
    }).pipe(Effect.provide(temporaryDirectory))
  )

  it.live("another authority is refused, and so is none", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["127.0.0.1"])
      for (const certificateAuthorities of [[stranger.certificate], []]) {
        assert.match(
          yield* refused(wire, trusting({ certificateAuthorities })),
          /^its certificate is signed by nobody we trust; name its authority in ssl\.certificate_authorities, or in ssl\.ca_trusted_fingerprint \(\w+\)$/
        )
      }
      assert.deepStrictEqual(wire.arrived(), [])
    })
  )

  it.live("an authority that is presented and has the fingerprint is trusted, one that has not is refused", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["127.0.0.1"])
      yield* ship(wire, byFingerprint(authority.fingerprint))
      arrived(wire)
      assert.strictEqual(
        yield* refused(wire, byFingerprint(stranger.fingerprint)),
        "it presents no certificate of ssl.ca_trusted_fingerprint"
      )
      const elsewhere = yield* collector(["elsewhere.example"])
      assert.match(yield* refused(elsewhere, byFingerprint(authority.fingerprint)), /is for another name/)
    })
  )

  it.live("to present the authority of the fingerprint is not enough: it must have signed", () =>
    Effect.gen(function* () {
      const forger = makeAuthority("the right authority")
      const { certificate, key } = forger.issue({ commonName: "localhost", names: ["127.0.0.1"] })
      const wire = yield* Wire.make({ tls: { cert: certificate + authority.certificate, key } })
      assert.match(
        yield* refused(wire, byFingerprint(authority.fingerprint)),
        /^its certificate is signed by nobody we trust/
      )
      assert.deepStrictEqual(wire.arrived(), [])
    })
  )

  it.live("a certificate for another name is refused, unless only who signed it counts, or nothing", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["elsewhere.example"])
      assert.match(yield* refused(wire, trusting()), /^its certificate is for another name \(.*127\.0\.0\.1.*\)$/)
      yield* ship(wire, trusting({ verificationMode: "certificate" }))
      arrived(wire)
      const stillRefused = trusting({ verificationMode: "certificate", certificateAuthorities: [stranger.certificate] })
      assert.match(yield* refused(wire, stillRefused), /^its certificate is signed by nobody we trust/)
    })
  )

  it.live("nothing is checked with verification_mode none", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["elsewhere.example"], { notAfter: new Date(2020, 1) })
      yield* ship(wire, trusting({ verificationMode: "none", certificateAuthorities: [] }))
      arrived(wire)
    })
  )

  it.live("a common name counts where there is no other, but not for strict", () =>
    Effect.gen(function* () {
      const wire = yield* collector([])
      yield* ship(wire, trusting(), "localhost")
      arrived(wire)
      assert.match(
        yield* refused(wire, trusting({ verificationMode: "strict" }), "localhost"),
        /^its certificate is for another name \(it names no host as subject alternative name\)$/
      )
      const named = yield* collector(["localhost"])
      yield* ship(named, trusting({ verificationMode: "strict" }), "localhost")
      arrived(named)
    })
  )

  it.live("a certificate that has expired is refused", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["127.0.0.1"], { notAfter: new Date(2020, 1) })
      assert.match(yield* refused(wire, trusting()), /has expired; renew it \(CERT_HAS_EXPIRED\)$/)
    })
  )

  it.live("a collector that speaks no TLS is told apart", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      wire.behave((socket) => {
        socket.write("no TLS at all\n")
        return Wire.neverAcks(socket)
      })
      assert.match(yield* refused(wire, trusting()), /^it does not speak TLS; remove ssl/)
    })
  )
})

describe("LogstashOutput over mutual TLS", () => {
  const client = authority.issue({ commonName: "s3beat" })
  const withClient = (options: Partial<TlsOptions> = {}) =>
    trusting({ certificate: client.certificate, key: Redacted.make(client.key), ...options })

  it.live("our certificate is shown to a collector that asks for it", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["127.0.0.1"], { asksForClients: true })
      yield* ship(wire, withClient())
      arrived(wire)
    })
  )

  it.live("without one, or with a stranger's, the events are refused with what is wanted", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["127.0.0.1"], { asksForClients: true })
      const other = stranger.issue({ commonName: "s3beat" })
      assert.match(yield* refused(wire, trusting()), /^it wants a client certificate that it trusts; give one in ssl\./)
      // A collector on Node says nothing to a certificate that it does not trust.
      const strange = withClient({ certificate: other.certificate, key: Redacted.make(other.key) })
      assert.match(yield* refused(wire, strange), /^it has closed the connection right after the TLS handshake; /)
    })
  )

  it.live("an encrypted key is used with its passphrase", () =>
    Effect.gen(function* () {
      const wire = yield* collector(["127.0.0.1"], { asksForClients: true })
      const key = Redacted.make(encrypted(client.key, "opensesame"))
      yield* ship(wire, withClient({ key, keyPassphrase: Redacted.make("opensesame") }))
      arrived(wire)
    })
  )

  it.live("files that can never work are told at start, in one line, without the secret", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const other = authority.issue({ commonName: "other" })
      const key = Redacted.make(encrypted(client.key, "opensesame"))
      const missing = join(yield* TemporaryDirectory, "none.pem")
      const lies = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n"
      for (const [ssl, message] of [
        [{ certificateAuthorities: [missing] }, `certificate_authorities: ${missing} cannot be read (ENOENT)`],
        [
          { certificateAuthorities: [lies] },
          "certificate_authorities: holds no certificate in PEM form, or one that is damaged"
        ],
        [{ certificate: client.key }, "certificate: holds no certificate in PEM form, or one that is damaged"],
        [{ key: Redacted.make(client.certificate) }, "key: is no private key in PEM form"],
        [{ key: Redacted.make(other.key) }, "key: does not belong to ssl.certificate"],
        [{ key }, "key: is encrypted; give its passphrase in ssl.key_passphrase"],
        [{ key, keyPassphrase: Redacted.make("hush") }, "key: cannot be decrypted; ssl.key_passphrase is wrong"]
      ] as const) {
        const error = yield* Effect.flip(ship(wire, withClient(ssl)))
        assert.strictEqual(error.message, `output.logstash: ssl.${message}`)
      }
      assert.strictEqual(wire.connections().accepted, 0)
    }).pipe(Effect.provide(temporaryDirectory))
  )
})

const encrypted = (key: string, passphrase: string) =>
  createPrivateKey(key).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString()
