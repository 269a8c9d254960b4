/**
 * A collector that speaks Lumberjack v2, and misbehaves on command.
 *
 * **Source** https://github.com/logstash-plugins/logstash-input-beats/blob/main/PROTOCOL.md
 */
import { createServer, type Server, type Socket } from "node:net"
import { inflateSync } from "node:zlib"
import { Context, Effect, Layer, type Scope } from "effect"

/**
 * What it does to a window of events.
 *
 * **Shape** `ack`: what it should. `silence`: takes it, and never acknowledges. `ackPart`: acknowledges the first `events`, and the rest never.
 * `resetAfter`: takes so many events and resets the connection. `acceptAndDie`: accepts a connection and resets it at once.
 * `ackThenDie`: takes all, acknowledges all, and resets the connection.
 */
export type Conduct =
  | { readonly _tag: "ack" }
  | { readonly _tag: "silence" }
  | { readonly _tag: "ackPart"; readonly events: number }
  | { readonly _tag: "resetAfter"; readonly events: number }
  | { readonly _tag: "acceptAndDie" }
  | { readonly _tag: "ackThenDie" }

/** The collector, from the test's side. */
export class LumberjackSink extends Context.Service<
  LumberjackSink,
  {
    readonly port: number
    /** From now on it behaves so to every window, and to every connection. */
    readonly setConduct: (conduct: Conduct) => Effect.Effect<void>
    /** The JSON of every event that it took, in order, whether it acknowledged it or not. */
    readonly events: Effect.Effect<ReadonlyArray<string>>
  }
>()("s3beat/test/LumberjackSink") {}

const VERSION = 0x32
const WINDOW = 0x57
const JSON_FRAME = 0x4a
const COMPRESSED = 0x43
const ACK = 0x41

/** A frame, and how many bytes it took. */
type Frame = { readonly bytes: number } & (
  | { readonly _tag: "Window"; readonly size: number }
  | { readonly _tag: "Event"; readonly sequence: number; readonly json: string }
  | { readonly _tag: "Compressed"; readonly frames: Buffer }
)

/** The first frame in the buffer; undefined until all of it is there. */
const readFrame = (buffer: Buffer): Frame | undefined => {
  if (buffer.length < 6) return undefined
  if (buffer[0] !== VERSION) throw new Error(`Version ${buffer[0]} of the protocol is not spoken here.`)
  const first = buffer.readUInt32BE(2)
  switch (buffer[1]) {
    case WINDOW:
      return { _tag: "Window", size: first, bytes: 6 }
    case JSON_FRAME: {
      if (buffer.length < 10) return undefined
      const bytes = 10 + buffer.readUInt32BE(6)
      if (buffer.length < bytes) return undefined
      return { _tag: "Event", sequence: first, json: buffer.toString("utf8", 10, bytes), bytes }
    }
    case COMPRESSED: {
      const bytes = 6 + first
      if (buffer.length < bytes) return undefined
      return { _tag: "Compressed", frames: inflateSync(buffer.subarray(6, bytes)), bytes }
    }
    default:
      throw new Error(`There is no frame of type ${buffer[1]}.`)
  }
}

const ackOf = (sequence: number): Buffer => {
  const ack = Buffer.from([VERSION, ACK, 0, 0, 0, 0])
  ack.writeUInt32BE(sequence, 2)
  return ack
}

const make = Effect.gen(function* () {
  const events: Array<string> = []
  let conduct: Conduct = { _tag: "ack" }

  const converse = (socket: Socket) => {
    let buffer: Buffer = Buffer.alloc(0)
    let window = 0
    let taken = 0
    socket.on("error", () => {})
    if (conduct._tag === "acceptAndDie") return void socket.resetAndDestroy()

    const onEvent = (sequence: number, json: string) => {
      if (conduct._tag === "resetAfter" && taken >= conduct.events) return void socket.resetAndDestroy()
      events.push(json)
      taken++
      if (conduct._tag === "ackPart" && taken === conduct.events) socket.write(ackOf(sequence))
      if (taken < window) return
      if (conduct._tag === "ack") socket.write(ackOf(sequence))
      if (conduct._tag === "ackThenDie") socket.write(ackOf(sequence), () => socket.resetAndDestroy())
    }

    const onFrames = (frames: Buffer): Buffer => {
      let rest = frames
      for (let frame = readFrame(rest); frame !== undefined && !socket.destroyed; frame = readFrame(rest)) {
        rest = rest.subarray(frame.bytes)
        if (frame._tag === "Compressed") onFrames(frame.frames)
        else if (frame._tag === "Event") onEvent(frame.sequence, frame.json)
        else [window, taken] = [frame.size, 0]
      }
      return rest
    }

    socket.on("data", (chunk: Buffer) => {
      try {
        buffer = onFrames(Buffer.concat([buffer, chunk]))
      } catch {
        // Whoever speaks another protocol is cut off, as Logstash does.
        socket.resetAndDestroy()
      }
    })
  }

  const port = yield* listening(converse)
  return LumberjackSink.of({
    port,
    setConduct: (next) => Effect.sync(() => void (conduct = next)),
    events: Effect.sync(() => events.slice())
  })
})

const listening = (onConnection: (socket: Socket) => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly server: Server; readonly sockets: Set<Socket> }>((resume) => {
        const sockets = new Set<Socket>()
        const server = createServer((socket) => {
          sockets.add(socket)
          socket.on("close", () => sockets.delete(socket))
          onConnection(socket)
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(Effect.succeed({ port, server, sockets }))
        })
      }),
      ({ server, sockets }) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    ),
    ({ port }) => port
  )

/** A collector on an ephemeral port of 127.0.0.1, closed with the scope. */
export const layer: Layer.Layer<LumberjackSink> = Layer.effect(LumberjackSink, make)
