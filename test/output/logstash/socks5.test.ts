import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { makeAuthority } from "../../support/certificates.ts"
import { layerOf, numbered, publish } from "../../support/logstashWorld.ts"
import * as Wire from "../../support/LumberjackWire.ts"
import * as SocksProxy from "../../support/socksProxy.ts"

const credentials = { username: "beat", password: Redacted.make("pässword") }
const user = { name: "beat", password: "pässword" }

describe("LogstashOutput through a SOCKS5 proxy", () => {
  it.live("names, IPv4 and IPv6 addresses are the proxy's to connect to", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const { port } = wire.address
      const proxy = yield* SocksProxy.make()
      for (const host of ["collector.example", "10.1.2.3", "2001:db8::1:2", "::1"]) {
        yield* publish("{}").pipe(
          Effect.provide(layerOf({ hosts: [{ host, port }], proxy: { ...proxy.address, useLocalResolver: false } }))
        )
      }
      assert.lengthOf(wire.arrived(), 4)
      assert.deepStrictEqual(proxy.asked(), [
        `name collector.example:${port}`,
        `ipv4 10.1.2.3:${port}`,
        `ipv6 2001:0db8:0000:0000:0000:0000:0001:0002:${port}`,
        `ipv6 0000:0000:0000:0000:0000:0000:0000:0001:${port}`
      ])
    })
  )

  it.live("names are resolved here if one wishes", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const proxy = yield* SocksProxy.make()
      yield* publish("{}").pipe(
        Effect.provide(
          layerOf({
            hosts: [{ ...wire.address, host: "localhost" }],
            proxy: { ...proxy.address, useLocalResolver: true }
          })
        )
      )
      assert.match(proxy.asked().join(), /^ipv[46] /)
    })
  )

  it.live("user name and password, and TLS behind it", () =>
    Effect.gen(function* () {
      const authority = makeAuthority("authority")
      const { certificate, key } = authority.issue({ commonName: "c", names: ["collector.example"] })
      const wire = yield* Wire.make({ tls: { cert: certificate, key } })
      const proxy = yield* SocksProxy.make({ user })
      yield* publish(...numbered(3)).pipe(
        Effect.provide(
          layerOf({
            hosts: [{ ...wire.address, host: "collector.example" }],
            proxy: { ...proxy.address, credentials, useLocalResolver: false },
            ssl: { certificateAuthorities: [authority.certificate], verificationMode: "full" }
          })
        )
      )
      assert.deepStrictEqual(wire.arrived(), numbered(3))
    })
  )

  it.live("whatever the proxy refuses is told, without the password", () =>
    Effect.gen(function* () {
      const wire = yield* Wire.make()
      const noProxy = yield* Wire.make()
      noProxy.behave(Wire.closesAtOnce)
      const open = yield* SocksProxy.make()
      const closed = yield* SocksProxy.make({ user })
      const wrong = { ...credentials, password: Redacted.make("hush") }
      const { address: gone } = yield* Effect.scoped(Wire.make())
      for (const [address, given, why] of [
        [
          closed.address,
          undefined,
          "it wants a user name and a password; give them in proxy_url as in socks5://user:password@proxy:1080"
        ],
        [closed.address, wrong, "it does not accept the user name and password of proxy_url"],
        [open.address, credentials, "it takes no user name and password; remove them from proxy_url"],
        [(yield* SocksProxy.make({ refuses: 2 })).address, undefined, "its rules do not allow it"],
        [(yield* SocksProxy.make({ refuses: 99 })).address, undefined, "it answers 99"],
        [noProxy.address, undefined, "it has closed the connection"]
      ] as const) {
        const proxy = { ...address, credentials: given, useLocalResolver: false }
        const { reason } = yield* Effect.flip(publish("{}")).pipe(
          Effect.provide(layerOf({ hosts: [wire.address], proxy }))
        )
        assert.strictEqual(
          reason.detail,
          `127.0.0.1:${wire.address.port}: the proxy 127.0.0.1:${address.port} does not connect us: ${why}`
        )
      }
      const { reason } = yield* Effect.flip(publish("{}")).pipe(
        Effect.provide(layerOf({ hosts: [wire.address], proxy: { ...gone, useLocalResolver: false } }))
      )
      assert.match(reason.detail, /: the proxy 127\.0\.0\.1:\d+ cannot be reached: nothing listens there/)
      assert.deepStrictEqual(wire.arrived(), [])
    })
  )
})
