/**
 * The demo's collector, in a process of its own.
 */
import { extname } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, type Scope, Stream } from "effect"
import { ChildProcess } from "effect/process"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { CommandFailed, exitCode } from "./CommandFailed.ts"

/** A collector that listens on 127.0.0.1. */
export interface StartedCollector {
  readonly pid: number
  readonly port: number
}

const MAIN = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))

/**
 * Starts a collector that appends what it takes to the file, and ends it with the scope.
 *
 * **Guarantee** A terminal's Ctrl-C does not reach it: the daemon has to drain into it.
 *
 * **Errors** `CommandFailed` when it ends without having said where it listens; why, it said on stderr.
 */
export const startCollector = (
  eventsFile: string
): Effect.Effect<StartedCollector, CommandFailed, Scope.Scope | ChildProcessSpawner> =>
  Effect.gen(function* () {
    const child = yield* ChildProcess.make(process.execPath, [MAIN, "demo-collector", "--events", eventsFile], {
      // In a group of its own.
      detached: true,
      stderr: "inherit"
    })
    const said = yield* child.stdout.pipe(Stream.decodeText, Stream.splitLines, Stream.runHead)
    return { pid: child.pid, port: Number(yield* Effect.fromOption(said)) }
  }).pipe(
    Effect.mapError(
      () => new CommandFailed({ message: "The demo's collector did not start", exitCode: exitCode.failed })
    )
  )
