import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Network } from "../../src/check/Network.ts"
import * as NetworkNode from "../../src/check/NetworkNode.ts"

/** The port of someone who takes connections, and talks back only what no TLS is. */
const listening = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ port, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const reach = (url: string) =>
  Effect.flatMap(Network, (network) => network.reach(new URL(url))).pipe(Effect.provide(NetworkNode.layer))

const stepOf = (url: string) => Effect.map(Effect.flip(reach(url)), ({ step }) => step)

describe("NetworkNode", () => {
  it.live("who takes connections is reached, by name or by address", () =>
    Effect.gen(function* () {
      const { port } = yield* listening
      const { address, tls } = yield* reach(`http://127.0.0.1:${port}`)
      assert.deepStrictEqual([address, tls], ["127.0.0.1", undefined])
      yield* reach(`http://localhost:${port}`)
    }).pipe(Effect.scoped)
  )

  it.live("a name that nobody has, a port where nobody listens, and a peer without TLS are told apart", () =>
    Effect.gen(function* () {
      const { port } = yield* listening
      assert.strictEqual(yield* stepOf("https://nowhere.invalid"), "name")
      assert.strictEqual(yield* stepOf("https://127.0.0.1:1"), "connection")
      assert.strictEqual(yield* stepOf(`https://127.0.0.1:${port}`), "tls")
    }).pipe(Effect.scoped)
  )
})
