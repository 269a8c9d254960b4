/**
 * A lock on a path, held by at most one process of a machine.
 *
 * It is a Unix socket that listens and not a file with a process id, because the kernel frees it whichever way the process
 * dies, and because it tells the living from the dead across containers that share the directory.
 */
import { connect, createServer, type Server } from "node:net"
import { rm } from "node:fs/promises"
import { Effect, type Scope } from "effect"
import { codeOf } from "./fileFailure.ts"
import { OutputUnavailable } from "./Output.ts"

/**
 * Holds the lock until the scope closes.
 *
 * **Errors** `OutputUnavailable` when a living process holds it.
 *
 * **Not promised** Anything across machines that share the directory over a network, nor between two processes that find
 * the lock of a dead one in the same instant. Where no socket can listen (the path is too long, or the file system has no
 * sockets) there is no lock, and a warning says so.
 */
export const lock = (path: string): Effect.Effect<void, OutputUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.catchIf(
      listen(path),
      (cause) => codeOf(cause) === "EADDRINUSE",
      () => takeOver(path)
    ),
    close
  ).pipe(
    Effect.asVoid,
    Effect.catch((cause) =>
      cause instanceof OutputUnavailable
        ? Effect.fail(cause)
        : Effect.logWarning(
            `Cannot lock ${path} (${codeOf(cause) ?? cause.message}). Make sure that no other s3beat writes these files.`
          )
    )
  )

/** The lock is taken, but maybe by a process that has died. */
const takeOver = Effect.fnUntraced(function* (path: string) {
  if (yield* isAlive(path)) {
    return yield* new OutputUnavailable({
      detail: `another s3beat writes these files and holds ${path}; give each its own directory or filename`
    })
  }
  yield* Effect.promise(() => rm(path, { force: true }))
  return yield* listen(path)
})

const listen = (path: string) =>
  Effect.callback<Server, Error>((resume) => {
    const server = createServer((socket) => socket.destroy())
    server.on("error", (cause) => resume(Effect.fail(cause)))
    server.listen(path, () => {
      server.unref()
      resume(Effect.succeed(server))
    })
  })

const isAlive = (path: string) =>
  Effect.callback<boolean>((resume) => {
    const socket = connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    // Any other refusal (EACCES: it belongs to another user) may come from the living.
    socket.once("error", (cause) => resume(Effect.succeed(!["ECONNREFUSED", "ENOENT"].includes(codeOf(cause) ?? ""))))
  })

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
  })
