/**
 * So many bytes of a socket, and not one more.
 */
import type { Socket } from "node:net"
import { Effect } from "effect"

/** Waits for the next `count` bytes, and leaves those behind them in the socket. Fails with `closed` when they never come. */
export const readExactly = <E>(socket: Socket, count: number, closed: E): Effect.Effect<Buffer, E> =>
  Effect.callback((resume) => {
    const stop = () => {
      socket.off("readable", attempt)
      socket.off("close", fail)
      socket.off("end", fail)
    }
    const fail = () => {
      stop()
      resume(Effect.fail(closed))
    }
    const attempt = () => {
      const bytes: Buffer | null = socket.read(count)
      if (bytes === null) return
      stop()
      resume(bytes.byteLength === count ? Effect.succeed(bytes) : Effect.fail(closed))
    }
    socket.on("readable", attempt).on("close", fail).on("end", fail)
    attempt()
    return Effect.sync(stop)
  })
