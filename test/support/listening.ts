/**
 * A server on a free port of 127.0.0.1.
 */
import type { Server } from "node:net"
import { Effect } from "effect"

/** The port on which the server listens, until the scope closes. */
export const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close())
  )
