import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import * as HttpExchange from "../../src/aws/HttpExchange.ts"
import { bytesFrom } from "../support/bytesFrom.ts"

const silence = () => {}

/** Answers each request as the last `respond` says. */
const makeServer = async () => {
  const sockets: Array<Socket> = []
  let respond: (socket: Socket) => void = silence
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on("error", () => {})
    socket.on("data", () => respond(socket))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo // A TCP server that listens has one.
  return {
    origin: `http://127.0.0.1:${port}`,
    /** The connection of the next request, which is answered by `answer`. */
    next: (answer: (socket: Socket) => void) =>
      new Promise<Socket>((resolve) => {
        respond = (socket) => {
          resolve(socket)
          answer(socket)
        }
      }),
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}

const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nX-Twice: a\r\nX-Twice: b\r\n\r\n`

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

const answerOk = (socket: Socket) => void socket.write(`${head(2)}ok`)

const isFailure = (answer: Promise<unknown>) =>
  answer.then(
    () => false,
    () => true
  )

/** Reads one chunk in each turn of the event loop. */
const readSlowly = async (body: HttpExchange.HttpBody) => {
  const chunks: Array<Uint8Array> = []
  for (;;) {
    const chunk = body.read()
    if (chunk !== undefined) chunks.push(chunk)
    else if (body.ending() !== undefined) return Buffer.concat(chunks)
    await turn()
  }
}

describe("HttpExchange", () => {
  let server: Awaited<ReturnType<typeof makeServer>>
  let connections: HttpExchange.Connections
  beforeAll(async () => {
    server = await makeServer()
    connections = HttpExchange.make(Number.POSITIVE_INFINITY)
  })
  afterAll(() => {
    connections.close()
    server.close()
  })

  const get = () => ({ origin: server.origin, method: "GET", path: "/", headers: {} }) as const

  it("a body is the same however it comes and however slowly it is read", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 6 }),
        fc.constantFrom(readSlowly, HttpExchange.bytesOf),
        async (sizes, read) => {
          const whole = bytesFrom(sizes.reduce((sum, size) => sum + size, 0))
          void server.next(async (socket) => {
            socket.write(head(whole.length))
            let at = 0
            for (const size of sizes) {
              socket.write(whole.subarray(at, (at += size)))
              await turn()
            }
          })
          const { body, headers, status } = await connections.exchange().send(get())
          assert.strictEqual(status, 200)
          assert.deepStrictEqual(headers["x-twice"], ["a", "b"])
          assert.isTrue(whole.equals(await read(body)))
          assert.strictEqual(body.ending(), "complete")
        }
      ),
      { numRuns: 40 }
    ))

  it("a body that nobody reads is not taken off its connection", async () => {
    const whole = bytesFrom(100_000_000)
    const serving = server.next((socket) => {
      socket.write(head(whole.length))
      socket.write(whole)
    })
    const { body } = await connections.exchange().send(get())
    const socket = await serving
    // So many turns without a byte: the system's own buffers are full.
    for (let idle = 0, left = 0; idle < 50; idle = left === socket.writableLength ? idle + 1 : 0) {
      left = socket.writableLength
      await turn()
    }
    assert.isAbove(socket.writableLength, whole.length / 2)
    assert.isTrue(whole.equals(await HttpExchange.bytesOf(body)))
  })

  it("a connection that breaks fails the body after what had come", async () => {
    void server.next((socket) => {
      socket.write(head(10))
      socket.write("12345", () => socket.destroy())
    })
    const { body } = await connections.exchange().send(get())
    while (body.ending() === undefined) await turn()
    assert.propertyVal(body.ending(), "code", "ECONNRESET")
    assert.strictEqual(Buffer.from(HttpExchange.unread(body)).toString(), "12345")
    assert.isTrue(await isFailure(HttpExchange.bytesOf(body)))
  })

  it("an exchange that is closed before it begins is never sent", async () => {
    const exchange = connections.exchange()
    exchange.close()
    assert.isTrue(await isFailure(exchange.send(get())))
  })

  it("an exchange that is closed while it waits fails, and closes its connection", async () => {
    const serving = server.next(silence)
    const exchange = connections.exchange()
    const failure = isFailure(exchange.send(get()))
    const socket = await serving
    exchange.close()
    assert.isTrue(await failure)
    await once(socket, "close")
  })

  it("an exchange that is closed midway fails its body, and closes its connection", async () => {
    const serving = server.next((socket) => void socket.write(`${head(20)}ok`))
    const exchange = connections.exchange()
    const { body } = await exchange.send(get())
    exchange.close()
    assert.instanceOf(body.ending(), Error)
    assert.isUndefined(body.read())
    await once(await serving, "close")
  })

  it("an exchange that is closed with its answer whole leaves its connection for the next one", async () => {
    const one = connections.exchange()
    const first = server.next(answerOk)
    await HttpExchange.bytesOf((await one.send(get())).body)
    one.close()
    await turn()
    await turn()
    const second = server.next(answerOk)
    await HttpExchange.bytesOf((await connections.exchange().send(get())).body)
    assert.strictEqual(await first, await second)
  })
})
