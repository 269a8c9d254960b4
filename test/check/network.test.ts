import { createServer } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Network } from "../../src/check/Network.ts"
import * as NetworkNode from "../../src/check/NetworkNode.ts"
import { makeAuthority } from "../support/certificates.ts"
import { listening } from "../support/listening.ts"

/** Takes connections, and answers what no TLS is. */
const plainServer = () =>
  createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
  })

/** Shows a certificate for this name, of an authority that nobody trusts. */
const tlsServer = (name: string) => {
  const { certificate: cert, key } = makeAuthority("an authority of the test").issue({
    commonName: name,
    names: [name]
  })
  return createTlsServer({ cert, key }).on("tlsClientError", () => {})
}

const reach = (url: string) =>
  Effect.flatMap(Network, (network) => network.reach(new URL(url))).pipe(Effect.provide(NetworkNode.layer))

const stepOf = (url: string) => Effect.map(Effect.flip(reach(url)), ({ step }) => step)

describe("NetworkNode", () => {
  it.live("who takes connections is reached, by name or by address", () =>
    Effect.gen(function* () {
      const port = yield* listening(plainServer())
      const { address, tls } = yield* reach(`http://127.0.0.1:${port}`)
      assert.deepStrictEqual([address, tls], ["127.0.0.1", undefined])
      yield* reach(`http://localhost:${port}`)
    }).pipe(Effect.scoped)
  )

  it.live("a name that nobody has, a port where nobody listens, and a peer without TLS are told apart", () =>
    Effect.gen(function* () {
      const port = yield* listening(plainServer())
      assert.strictEqual(yield* stepOf("https://nowhere.invalid"), "name")
      assert.strictEqual(yield* stepOf("https://127.0.0.1:1"), "connection")
      assert.strictEqual(yield* stepOf(`https://127.0.0.1:${port}`), "tls")
    }).pipe(Effect.scoped)
  )

  it.live("a certificate that cannot be trusted is named as the cause", () =>
    Effect.gen(function* () {
      const port = yield* listening(tlsServer("127.0.0.1"))
      const { detail, step } = yield* Effect.flip(reach(`https://127.0.0.1:${port}`))
      assert.strictEqual(step, "tls")
      assert.match(detail, /certificate comes from an authority that is not known here/u)
    }).pipe(Effect.scoped)
  )
})
