/**
 * The real program, in a process of its own.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { join } from "node:path"
import { Effect, type Scope } from "effect"

const MAIN = join(import.meta.dirname, "../../src/main.ts")

/** How a process ended, and all that it said. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that was started. */
export interface S3beatProcess {
  readonly child: ChildProcessWithoutNullStreams
  /** What it has said to stderr so far. */
  readonly stderr: () => string
  readonly ended: Effect.Effect<Ended>
}

/** Starts `s3beat ...args`; it is killed with the scope, if it has not ended by then. */
export const start = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<S3beatProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync((): S3beatProcess => {
      const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } })
      let stdout = ""
      let stderr = ""
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
      const ended = new Promise<Ended>((resolve) => {
        child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }))
      })
      return { child, stderr: () => stderr, ended: Effect.promise(() => ended) }
    }),
    ({ child, ended }) =>
      Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        ended
      )
  )

/** Runs `s3beat ...args` to its end. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args), ({ ended }) => ended))
