/**
 * The real program as a process of its own: with pipes, or at a pseudo-terminal.
 */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { spawn as spawnAtTerminal } from "@lydell/node-pty"
import { Effect, type Scope } from "effect"

const main = join(import.meta.dirname, "../../src/main.ts")

/** What is left of a process. */
export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How to start it. **Shape** `stdin` is written and then closed; with `keepsStdin` the pipe stays open, as some parents leave it. */
export interface Start {
  readonly cwd: string
  readonly stdin?: string
  readonly keepsStdin?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `s3beat` with these arguments to its end. */
export const s3beat = (
  args: ReadonlyArray<string>,
  { cwd, env, keepsStdin = false, stdin = "" }: Start
): Effect.Effect<Outcome> =>
  Effect.callback<Outcome>((resume) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, ...env } })
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("close", (exitCode) => resume(Effect.succeed({ exitCode, stdout, stderr })))
    // A program that ends before it has read everything is no fault of the test.
    child.stdin.on("error", () => {})
    child.stdin.write(stdin)
    if (!keepsStdin) child.stdin.end()
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** A program at a terminal, and the person in front of it. */
export interface AtTerminal {
  /** Waits until the text is on the screen, among what came since something was typed last. */
  readonly see: (text: string) => Effect.Effect<void>
  readonly type: (keys: string) => Effect.Effect<void>
  /** Everything that was ever on the screen, without colours and the movements of the cursor. */
  readonly screen: Effect.Effect<string>
  readonly exitCode: Effect.Effect<number>
}

/** The keys of a terminal that are no letters. */
export const key = { enter: "\r", backspace: "\u007f", clearLine: "\u0015", ctrlC: "\u0003", ctrlD: "\u0004" } as const

/** Starts `s3beat` at a terminal of 100 columns; it is killed when the scope closes. */
export const atTerminal = (
  args: ReadonlyArray<string>,
  { cwd, env }: Pick<Start, "cwd" | "env">
): Effect.Effect<AtTerminal, never, Scope.Scope> =>
  Effect.gen(function* () {
    let [shown, typedAt] = ["", 0]
    const watchers = new Set<() => void>()
    const exit = Promise.withResolvers<number>()
    const program = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawnAtTerminal(process.execPath, [main, ...args], {
          cwd,
          cols: 100,
          rows: 40,
          env: { ...process.env, ...env, TERM: "xterm-256color" }
        })
        child.onData((text) => {
          shown += text
          for (const watcher of watchers) watcher()
        })
        child.onExit(({ exitCode }) => exit.resolve(exitCode))
        return child
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    return {
      see: (text) =>
        Effect.callback<void>((resume) => {
          const watcher = () => {
            if (stripVTControlCharacters(shown.slice(typedAt)).includes(text)) resume(Effect.void)
          }
          watchers.add(watcher)
          watcher()
          return Effect.sync(() => watchers.delete(watcher))
        }),
      type: (keys) =>
        Effect.sync(() => {
          typedAt = shown.length
          program.write(keys)
        }),
      screen: Effect.sync(() => stripVTControlCharacters(shown)),
      exitCode: Effect.promise(() => exit.promise)
    }
  })
