/**
 * A collector under a test's control: it reads the Lumberjack protocol as it should, and answers as the test wishes.
 */
import type { Socket } from "node:net"
import type { TlsOptions } from "node:tls"
import { Effect, type Scope } from "effect"
import { acknowledgement, listen } from "../../src/demo/Collector.ts"
import { type LumberjackHandler, makeLumberjackReader } from "../../src/demo/lumberjackReader.ts"

/** How a connection is answered. */
export type Behaviour = (socket: Socket) => LumberjackHandler

/** Acknowledges each window when it is whole, as Logstash does. */
export const acksWindows: Behaviour = (socket) => ({
  onWindow: ({ events }) => socket.write(acknowledgement(events.length))
})

/** Acknowledges after every `step` events, and at the end of the window. */
export const acksPartly =
  (step: number): Behaviour =>
  (socket) => ({
    onEvent: (received) => void (received % step === 0 && socket.write(acknowledgement(received))),
    onWindow: ({ events }) => void (events.length % step === 0 || socket.write(acknowledgement(events.length)))
  })

/** Takes everything, and says nothing. */
export const neverAcks: Behaviour = () => ({ onWindow: () => {} })

/** What a behaviour throws to read no further. */
class Stop extends Error {}

/** Takes the first events of the connection, `count` of them, and then does this, and reads no further. */
const after =
  (count: number, then: (socket: Socket, ack: Buffer) => void): Behaviour =>
  (socket) => {
    let seen = 0
    return {
      onEvent: (received) => {
        if (++seen < count) return
        then(socket, acknowledgement(received))
        throw new Stop()
      },
      onWindow: ({ events }) => void socket.write(acknowledgement(events.length))
    }
  }

/** Acknowledges the first events of the connection, and ends it in good order. */
export const endsAfter = (count: number) => after(count, (socket, ack) => socket.end(ack))

/** Acknowledges the first events of the connection and resets it; the reset may overtake what was acknowledged last. */
export const resetsAfter = (count: number) =>
  after(count, (socket, ack) => socket.write(ack, () => socket.resetAndDestroy()))

/** Takes a window whole, and closes instead of acknowledging it. */
export const closesUnacknowledged: Behaviour = (socket) => ({ onWindow: () => socket.destroy() })

/** Acknowledges one event more than there were. */
export const acksTooMuch: Behaviour = (socket) => ({
  onWindow: ({ events }) => socket.write(acknowledgement(events.length + 1))
})

/** Closes as soon as it is connected to. */
export const closesAtOnce: Behaviour = (socket) => {
  socket.destroy()
  return neverAcks(socket)
}

/** Sends half of the acknowledgement, and closes. */
export const halfAnAck: Behaviour = (socket) => ({
  onWindow: ({ events }) => socket.end(acknowledgement(events.length).subarray(0, 3))
})

/** Speaks another protocol. */
export const speaksHttp: Behaviour = (socket) => ({
  onWindow: () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")
})

/** A window that has arrived and is not acknowledged yet. */
export interface HeldWindow {
  readonly events: ReadonlyArray<string>
  /** Acknowledges up to this sequence; 0 keeps the connection alive. */
  readonly ack: (sequence: number) => void
}

/** The collector, from the test's side. */
export interface LumberjackWire {
  readonly address: { readonly host: string; readonly port: number }
  /** Connections to come behave like this, one each, and those after the last like that one. */
  readonly behave: (...behaviours: ReadonlyArray<Behaviour>) => void
  /** Leaves the acknowledgements to the test. */
  readonly holds: Behaviour
  /** The windows that `holds` has not handed out yet: waits for the next one. */
  readonly nextHeld: Effect.Effect<HeldWindow>
  /** Every event that has arrived, acknowledged or not, in order. */
  readonly arrived: () => ReadonlyArray<string>
  /** How many events each window announced, in order. */
  readonly windowSizes: () => ReadonlyArray<number>
  /** Connections that were ever accepted, and those that are open now. */
  readonly connections: () => { readonly accepted: number; readonly open: number }
  /** What was received and does not follow the protocol. */
  readonly wrong: () => ReadonlyArray<string>
  /** Cuts every connection. */
  readonly cut: () => void
}

/** A collector on a port of 127.0.0.1, closed with the scope. */
export const make = Effect.fnUntraced(function* (
  options: { readonly tls?: TlsOptions; readonly port?: number } = {}
): Effect.fn.Return<LumberjackWire, never, Scope.Scope> {
  const open = new Set<Socket>()
  const arrived: Array<string> = []
  const windowSizes: Array<number> = []
  const held: Array<HeldWindow> = []
  const waiting: Array<(window: HeldWindow) => void> = []
  const wrong: Array<string> = []
  let behaviours: ReadonlyArray<Behaviour> = [acksWindows]
  let accepted = 0

  const holds: Behaviour = (socket) => ({
    onWindow: ({ events }) => {
      const window = { events, ack: (sequence: number) => void socket.write(acknowledgement(sequence)) }
      const waiter = waiting.shift()
      if (waiter === undefined) held.push(window)
      else waiter(window)
    }
  })

  const port = yield* listen(options, (socket) => {
    accepted += 1
    open.add(socket.on("close", () => open.delete(socket)))
    const [first = acksWindows, ...others] = behaviours
    if (others.length > 0) behaviours = others
    const handler = first(socket)
    const read = makeLumberjackReader({
      ...handler,
      onBegin: (count) => void windowSizes.push(count),
      onEvent: (received, event) => {
        arrived.push(event)
        handler.onEvent?.(received, event)
      }
    })
    socket.on("data", (chunk: Buffer) => {
      try {
        read(chunk)
      } catch (cause) {
        if (!(cause instanceof Stop)) wrong.push(String(cause))
        socket.pause()
      }
    })
  })

  return {
    address: { host: "127.0.0.1", port },
    behave: (...next) => void (behaviours = next),
    holds,
    nextHeld: Effect.callback((resume) => {
      const window = held.shift()
      if (window === undefined) waiting.push((next) => resume(Effect.succeed(next)))
      else resume(Effect.succeed(window))
    }),
    arrived: () => arrived.slice(),
    windowSizes: () => windowSizes.slice(),
    wrong: () => wrong.slice(),
    connections: () => ({ accepted, open: open.size }),
    cut: () => {
      for (const socket of open) socket.destroy()
    }
  }
})
