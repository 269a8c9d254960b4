/**
 * A lock on a path, held by at most one process of a machine.
 *
 * It is a Unix socket that listens and not a file with a process id, because the kernel frees it whichever way the process
 * dies, and because it tells the living from the dead across containers that share the directory.
 */
import { connect, createServer, type Server } from "node:net"
import { rm } from "node:fs/promises"
import { Effect, Schema, type Scope } from "effect"
import { codeOf } from "./codeOf.ts"

/** A living process holds the lock. */
export class FileLocked extends Schema.TaggedError<FileLocked>()("FileLocked", { path: Schema.String }) {
  override get message() {
    return `another process holds ${this.path}`
  }
}

/**
 * Holds the lock until the scope closes.
 *
 * **Errors** `FileLocked` when a living process holds it.
 *
 * **Not promised** Anything across machines that share the directory over a network, nor between two processes that find
 * the lock of a dead one in the same instant. Where no socket can listen (the path is too long, or the file system has no
 * sockets) there is no lock, and a warning says so.
 */
export const lock = (path: string): Effect.Effect<void, FileLocked, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.catchIf(listen(path), isTaken, () => takeOver(path)),
    close
  ).pipe(
    Effect.asVoid,
    Effect.catch((cause) =>
      cause instanceof FileLocked
        ? Effect.fail(cause)
        : Effect.logWarning(
            `Cannot lock ${path} (${codeOf(cause) ?? cause.message}). Make sure that no other s3beat writes these files.`
          )
    )
  )

/** The lock is taken, but maybe by a process that has died. */
const takeOver = Effect.fnUntraced(function* (path: string) {
  const holder = yield* findHolder(path)
  if (holder === "alive") return yield* new FileLocked({ path })
  // What has just been given back may be another's already.
  if (holder === "dead") yield* Effect.promise(() => rm(path, { force: true }))
  return yield* Effect.catchIf(listen(path), isTaken, () => new FileLocked({ path }))
})

const isTaken = (cause: Error): boolean => codeOf(cause) === "EADDRINUSE"

const listen = (path: string) =>
  Effect.callback<Server, Error>((resume) => {
    const server = createServer((socket) => socket.destroy())
    server.on("error", (cause) => resume(Effect.fail(cause)))
    server.listen(path, () => {
      server.unref()
      resume(Effect.succeed(server))
    })
  })

const findHolder = (path: string) =>
  Effect.callback<"alive" | "dead" | "none">((resume) => {
    const socket = connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed("alive"))
    })
    socket.once("error", (cause) => {
      const code = codeOf(cause)
      // Any other refusal (EACCES: it belongs to another user) may come from the living.
      resume(Effect.succeed(code === "ENOENT" ? "none" : code === "ECONNREFUSED" ? "dead" : "alive"))
    })
  })

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
  })
