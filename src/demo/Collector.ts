/**
 * A collector that speaks the Lumberjack protocol as Logstash's beats input does: it takes windows, hands their events over and
 * acknowledges them.
 */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"
import { Effect, type Scope } from "effect"
import { makeLumberjackReader } from "./lumberjackReader.ts"

/** How it listens. */
export interface CollectorOptions {
  /** Any free one, unless given. */
  readonly port?: number
  /** Certificate and key, and whom of its clients it trusts; without it connections are plain. */
  readonly tls?: TlsOptions
  /** Called with the JSON texts of each window, in order, before the window is acknowledged. */
  readonly onEvents?: (events: ReadonlyArray<string>) => void
}

/** A collector that listens. */
export interface Collector {
  readonly port: number
  /** Every event that was acknowledged, in the order of its arrival. */
  readonly events: Effect.Effect<ReadonlyArray<string>>
}

/** Listens on 127.0.0.1 until the scope closes. */
export const make = Effect.fnUntraced(function* (
  options: CollectorOptions = {}
): Effect.fn.Return<Collector, never, Scope.Scope> {
  const events: Array<string> = []
  const port = yield* listen(options, (socket) => {
    const read = makeLumberjackReader({
      onWindow: (window) => {
        for (const event of window.events) events.push(event)
        options.onEvents?.(window.events)
        socket.write(acknowledgement(window.events.length))
      }
    })
    socket.on("data", (chunk: Buffer) => {
      try {
        read(chunk)
      } catch {
        socket.destroy()
      }
    })
  })
  return { port, events: Effect.sync(() => events.slice()) }
})

/** The frame that says that the peer has the events up to `sequence`. */
export const acknowledgement = (sequence: number): Buffer => {
  const frame = Buffer.from("2A\0\0\0\0", "latin1")
  frame.writeUInt32BE(sequence, 2)
  return frame
}

/** Serves each connection with `serve`, and answers the port. Connections are cut when the scope closes. */
export const listen = (
  { port = 0, tls }: Pick<CollectorOptions, "port" | "tls">,
  serve: (socket: Socket) => void
): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Listening>((resume) => {
        const open = new Set<Socket>()
        const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
        server.on("connection", (socket) =>
          open.add(socket.on("error", () => {}).on("close", () => open.delete(socket)))
        )
        server.on("secureConnection", (socket) => socket.on("error", () => {}))
        server.on("tlsClientError", () => {})
        server.on("error", (cause) => resume(Effect.die(cause)))
        server.listen(port, "127.0.0.1", () => resume(Effect.succeed({ server, open })))
      }),
      ({ open, server }) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of open) socket.destroy()
        })
    ),
    ({ server }) => (server.address() as AddressInfo).port // A TCP server that listens has one.
  )

interface Listening {
  readonly server: Server
  readonly open: ReadonlySet<Socket>
}
