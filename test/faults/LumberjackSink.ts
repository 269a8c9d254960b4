/**
 * A collector that speaks Lumberjack v2, and misbehaves on command.
 */
import type { Socket } from "node:net"
import { Context, Effect, Layer, type Scope } from "effect"
import { acknowledgement, listen } from "../../src/demo/Collector.ts"
import { makeLumberjackReader } from "../../src/demo/lumberjackReader.ts"

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

/** Who is told what comes. */
export interface Listener {
  /** Events that were taken: as soon as they are acknowledged, or when it is clear that they never will be. Each is told once. */
  readonly onEvents: (events: ReadonlyArray<string>, isAcked: boolean) => void
  /** A connection has ended, and its sender cannot know of these events, all of which were told, whether they have arrived. */
  readonly onUncertain?: (events: ReadonlyArray<string>) => void
}

/** The collector, from the test's side. */
export interface Sink {
  readonly port: number
  /** From now on it behaves so to every window, and to every connection. */
  readonly setConduct: (conduct: Conduct) => Effect.Effect<void>
  /** How many connections are open. */
  readonly connections: Effect.Effect<number>
}

/** How many windows a sender has on their way at most, unless its config says otherwise. */
const PIPELINING = 2

/** What is thrown to read no further. */
class Stop extends Error {}

/** A collector on an ephemeral port of 127.0.0.1, closed with the scope. */
export const make = ({ onEvents, onUncertain }: Listener): Effect.Effect<Sink, never, Scope.Scope> =>
  Effect.gen(function* () {
    let conduct: Conduct = { _tag: "ack" }
    let connections = 0

    const converse = (socket: Socket) => {
      if (conduct._tag === "acceptAndDie") return void socket.resetAndDestroy()
      connections++
      /** The last windows that were begun: a sender that begins another knows what became of those before. */
      const recent: Array<Window> = []
      /** It owes an acknowledgement: one of a later window would be taken for it. */
      let isMute = false
      const current = (): Window => recent.at(-1) ?? { events: [], told: 0 }

      const tell = (window: Window, isAcked: boolean) => {
        const events = window.events.slice(window.told)
        window.told = window.events.length
        if (events.length > 0) onEvents(events, isAcked)
      }
      const ack = (then?: () => void) => {
        tell(current(), true)
        socket.write(acknowledgement(current().events.length), then)
      }
      const reset = () => socket.resetAndDestroy()

      const read = makeLumberjackReader({
        onBegin: () => {
          recent.push({ events: [], told: 0 })
          if (recent.length > PIPELINING) recent.shift()
        },
        onEvent: (received, event) => {
          if (conduct._tag === "resetAfter" && received > conduct.events) {
            reset()
            throw new Stop()
          }
          current().events.push(event)
          if (conduct._tag === "ackPart" && received === conduct.events && !isMute) ack()
        },
        onWindow: () => {
          if (isMute) return
          if (conduct._tag === "ack") ack()
          else if (conduct._tag === "ackThenDie") ack(reset)
          else isMute = true
        }
      })

      socket.on("data", (chunk: Buffer) => {
        if (socket.destroyed) return
        try {
          read(chunk)
        } catch {
          // Whoever speaks another protocol is cut off, as Logstash does.
          reset()
        }
      })
      socket.on("close", () => {
        connections--
        for (const window of recent) tell(window, false)
        onUncertain?.(recent.flatMap(({ events }) => events))
      })
    }

    const port = yield* listen({}, converse)
    return {
      port,
      setConduct: (next) => Effect.sync(() => void (conduct = next)),
      connections: Effect.sync(() => connections)
    }
  })

/** `told`: so many of its events were told. */
interface Window {
  readonly events: Array<string>
  told: number
}

/** The same as a service, which keeps what it took. */
export class LumberjackSink extends Context.Service<
  LumberjackSink,
  Sink & {
    /** The JSON of every event that it took, in order, once it is acknowledged or its connection has ended. */
    readonly events: Effect.Effect<ReadonlyArray<string>>
  }
>()("s3beat/test/LumberjackSink") {}

/** A collector on an ephemeral port of 127.0.0.1, closed with the scope. */
export const layer: Layer.Layer<LumberjackSink> = Layer.effect(
  LumberjackSink,
  Effect.gen(function* () {
    const taken: Array<string> = []
    const sink = yield* make({ onEvents: (events) => void taken.push(...events) })
    return LumberjackSink.of({ ...sink, events: Effect.sync(() => taken.slice()) })
  })
)
