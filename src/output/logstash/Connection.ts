/**
 * One connection to a collector: windows go out, acknowledgements come in.
 */
import type { Socket } from "node:net"
import { Clock, Data, Deferred, Duration, Effect, Latch, type Scope } from "effect"
import { type ConnectFailure, fromSocketError } from "./ConnectFailure.ts"
import { dial, type Dialer } from "./dial.ts"
import { type HostAddress, showAddress } from "./LogstashOptions.ts"
import { makeAckReader } from "./lumberjack.ts"
import * as OpenWindows from "./OpenWindows.ts"

/** The connection has ended. What was sent on it and not acknowledged may or may not have arrived. */
export class ConnectionLost extends Data.TaggedError("ConnectionLost")<{
  readonly host: string
  readonly detail: string
  /** Whether the collector had acknowledged anything on it: then it may be that only the connection was at fault. */
  readonly hasProven: boolean
}> {
  override get message() {
    return `${this.host}: ${this.detail}`
  }
}

/** A window to be sent. */
export interface OutgoingWindow extends OpenWindows.Window {
  /** All of its frames. */
  readonly bytes: Uint8Array
}

/** An open connection. */
export interface Connection {
  /** Milliseconds of the clock. */
  readonly openedAt: number
  /** False once it has ended, for whatever reason. */
  readonly isOpen: () => boolean
  /** Waits until fewer than `pipelining` windows are on their way: not worth making one before. */
  readonly hasRoom: Effect.Effect<void>
  /**
   * Sends a window as soon as there is room, and answers what waits for its last acknowledgement.
   *
   * **Guarantee** Windows are acknowledged in the order in which they were sent. Interruption takes back nothing that was sent.
   */
  readonly send: (window: OutgoingWindow) => Effect.Effect<Effect.Effect<void, ConnectionLost>, ConnectionLost>
  /** Waits until nothing is on its way. */
  readonly drained: Effect.Effect<void>
}

/** How to connect, and how much may be on its way. */
export interface ConnectionOptions extends Dialer {
  readonly pipelining: number
}

/** Windows are written in pieces of this size, so that a slow link is not taken for a silent peer. */
const PIECE_BYTES = 256 * 1024

/**
 * Connects, and closes with the scope.
 *
 * **Errors** `ConnectFailure` when it cannot. Later it ends with `ConnectionLost`: when the peer closes it, acknowledges what it
 * was not sent, or is silent for `timeout` while it owes an acknowledgement. Every acknowledgement counts as a sign of life, even
 * one that is no progress, and so does every piece of a window that the system takes.
 */
export const open = Effect.fnUntraced(function* (
  address: HostAddress,
  options: ConnectionOptions
): Effect.fn.Return<Connection, ConnectFailure, Scope.Scope> {
  const socket = yield* dial(address, options)
  const clock = yield* Clock.Clock
  const host = showAddress(address)
  const windows = OpenWindows.make()
  const pending = new Set<Deferred.Deferred<void, ConnectionLost>>()
  const hasRoom = Latch.makeUnsafe(true)
  const isBusy = Latch.makeUnsafe(false)
  const isIdle = Latch.makeUnsafe(true)
  const openedAt = clock.currentTimeMillisUnsafe()
  let lost: ConnectionLost | undefined
  let hasProven = false
  let heardAt = openedAt

  const update = () => {
    const size = lost === undefined ? windows.size() : 0
    setLatch(hasRoom, size < options.pipelining)
    setLatch(isBusy, size > 0 || lost !== undefined)
    setLatch(isIdle, size === 0)
  }

  const lose = (detail: string) => {
    if (lost !== undefined) return
    lost = new ConnectionLost({ host, detail, hasProven })
    socket.destroy()
    for (const waiting of pending) Deferred.doneUnsafe(waiting, Effect.fail(lost))
    pending.clear()
    update()
  }

  const isOpen = () => lost === undefined

  const heard = () => {
    heardAt = clock.currentTimeMillisUnsafe()
  }

  const write = makeWriter(socket, heard)
  const acks = makeAckReader()
  const onAck = (sequence: number) => {
    if (lost !== undefined) return
    heard()
    const wrong = windows.acknowledge(sequence)
    if (wrong !== undefined) lose(wrong)
    update()
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      socket.on("data", (chunk: Buffer) => {
        const wrong = acks.read(chunk, onAck)
        if (wrong !== undefined) lose(wrong)
      })
      socket.on("error", (cause) => lose(fromSocketError(address, cause).detail))
      socket.on("end", () => lose(CLOSED)).on("close", () => lose(CLOSED))
      // What happened between the handshake and now had no listener.
      if (socket.destroyed) lose(CLOSED)
    }),
    () => Effect.sync(() => lose("s3beat has closed the connection"))
  )

  const send = Effect.fnUntraced(function* (window: OutgoingWindow) {
    // Many may wait for the same room.
    while (!hasRoom.isOpen()) yield* hasRoom.await
    if (lost !== undefined) return yield* lost
    const acknowledged = Deferred.makeUnsafe<void, ConnectionLost>()
    pending.add(acknowledged)
    windows.add({
      count: window.count,
      onProgress: (events, isWhole) => {
        hasProven = true
        window.onProgress(events, isWhole)
        if (!isWhole) return
        pending.delete(acknowledged)
        Deferred.doneUnsafe(acknowledged, Effect.void)
      }
    })
    heard()
    update()
    write(window.bytes)
    return Deferred.await(acknowledged)
  })

  const watch = Effect.gen(function* () {
    while (isOpen()) {
      yield* isBusy.await
      const patience = Duration.toMillis(options.timeout) - (clock.currentTimeMillisUnsafe() - heardAt)
      if (patience <= 0) lose(`no acknowledgement within ${Duration.format(options.timeout)}`)
      else yield* Effect.sleep(patience)
    }
  })
  yield* Effect.forkScoped(watch)

  return { openedAt, isOpen, hasRoom: hasRoom.await, send, drained: isIdle.await }
})

const CLOSED = "the collector has closed the connection"

const setLatch = (latch: Latch.Latch, isOpen: boolean) => (isOpen ? latch.openUnsafe() : latch.closeUnsafe())

/**
 * Writes one piece after the other: Node would hand all that waits to the system at once, and tell only when it has taken
 * everything.
 */
const makeWriter = (socket: Socket, onTaken: () => void) => {
  const waiting: Array<Uint8Array> = []
  let isWriting = false
  const next = () => {
    const piece = waiting.shift()
    isWriting = piece !== undefined
    if (piece === undefined) return
    socket.write(piece, (cause) => {
      if (cause) return
      onTaken()
      next()
    })
  }
  return (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) waiting.push(bytes.subarray(at, at + PIECE_BYTES))
    if (!isWriting) next()
  }
}
