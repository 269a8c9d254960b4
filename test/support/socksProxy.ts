/**
 * A SOCKS5 proxy on 127.0.0.1 that takes names for 127.0.0.1 as well.
 *
 * **Source** RFC 1928, RFC 1929
 */
import { connect, type Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { listen } from "../../src/demo/Collector.ts"

/** Who may use it. Without a user everybody may, and nobody has to say who he is. */
export interface SocksOptions {
  readonly user?: { readonly name: string; readonly password: string }
  /** The code that it refuses everything with. */
  readonly refuses?: number
}

/** The proxy, from the test's side. */
export interface SocksProxy {
  readonly address: { readonly host: string; readonly port: number }
  /** What it was asked to connect to, as `kind host:port`; the kinds are `ipv4`, `ipv6` and `name`. */
  readonly asked: () => ReadonlyArray<string>
}

/** A proxy, closed with the scope. */
export const make = Effect.fnUntraced(function* (
  options: SocksOptions = {}
): Effect.fn.Return<SocksProxy, never, Scope.Scope> {
  const asked: Array<string> = []
  const port = yield* listen({}, (socket) => {
    serve(socket, options, (target) => asked.push(target)).catch(() => socket.destroy())
  })
  return { address: { host: "127.0.0.1", port }, asked: () => asked.slice() }
})

const serve = async (socket: Socket, { refuses, user }: SocksOptions, onAsked: (target: string) => void) => {
  const take = reader(socket)
  const [, count = 0] = await take(2)
  const offered = await take(count)
  const method = user === undefined ? 0 : 2
  if (!offered.includes(method)) return void socket.end(Buffer.of(5, 0xff))
  socket.write(Buffer.of(5, method))
  if (user !== undefined) {
    await take(1)
    const name = await take((await take(1))[0] ?? 0)
    const password = await take((await take(1))[0] ?? 0)
    const isRight = name.toString() === user.name && password.toString() === user.password
    socket.write(Buffer.of(1, isRight ? 0 : 1))
    if (!isRight) return void socket.end()
  }
  const [, , , kind] = await take(4)
  const host =
    kind === 3 ? (await take((await take(1))[0] ?? 0)).toString() : addressOf(await take(kind === 4 ? 16 : 4))
  const port = (await take(2)).readUInt16BE()
  onAsked(`${kind === 3 ? "name" : kind === 4 ? "ipv6" : "ipv4"} ${host}:${port}`)
  if (refuses !== undefined) return void socket.end(answer(refuses))
  const target = connect(port, "127.0.0.1", () => {
    socket.write(answer(0))
    socket.pipe(target).pipe(socket)
  })
  target.on("error", () => socket.end(answer(5)))
  socket.on("close", () => target.destroy())
}

/** The answer to a request, from an address that says nothing. */
const answer = (code: number) => Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0)

const addressOf = (bytes: Buffer): string =>
  bytes.length === 4 ? bytes.join(".") : (bytes.toString("hex").match(/.{4}/g) ?? []).join(":")

/** Hands out the bytes of the socket in the pieces that are asked for. */
const reader = (socket: Socket) => async (count: number) => {
  if (count === 0) return Buffer.alloc(0)
  while (true) {
    const bytes: Buffer | null = socket.read(count)
    if (bytes !== null) return bytes
    if (socket.readableEnded || socket.destroyed) throw new Error("The client has gone.")
    await new Promise((resolve) => socket.once("readable", resolve).once("close", resolve))
  }
}
