/**
 * The real program as a process of its own, piped or on a pseudo-terminal.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { Effect } from "effect"

/** What became of it. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What it is given beside its arguments. */
export interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
}

const MAIN = ["src/main.ts"]

/** Runs it to its end, its three streams piped. */
export const s3beat = (args: ReadonlyArray<string>, { env = {}, stdin = "" }: Given = {}): Effect.Effect<Ended> =>
  Effect.acquireUseRelease(
    Effect.sync(() => spawn(process.execPath, [...MAIN, ...args], { env: { PATH: process.env["PATH"], ...env } })),
    (child) =>
      Effect.promise(() => {
        child.stdin.on("error", () => {}).end(stdin)
        return ended(child)
      }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/**
 * Runs it to its end on a pseudo-terminal, as `script` of util-linux makes one, and types each answer once its question is
 * there. **Shape** `stdout` is all that the terminal showed.
 */
export const s3beatOnTerminal = (
  args: ReadonlyArray<string>,
  dialogue: ReadonlyArray<{ readonly question: string; readonly answer: string }>
): Effect.Effect<Ended> => {
  const command = [process.execPath, ...MAIN, ...args].map((word) => `'${word}'`).join(" ")
  return Effect.acquireUseRelease(
    Effect.sync(() => spawn("script", ["-qefc", command, "/dev/null"], { env: { PATH: process.env["PATH"] } })),
    (child) =>
      Effect.promise(() => {
        const left = dialogue.slice()
        let shown = ""
        child.stdout.on("data", (chunk: Buffer) => {
          shown += chunk.toString()
          const next = left[0]
          if (next === undefined || !shown.includes(next.question)) return
          left.shift()
          shown = ""
          child.stdin.write(next.answer)
        })
        return ended(child)
      }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
}

const ended = async (child: ChildProcessWithoutNullStreams): Promise<Ended> => {
  const out: Array<Buffer> = []
  const error: Array<Buffer> = []
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => error.push(chunk))
  await once(child, "close")
  return {
    exitCode: child.exitCode,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(error).toString()
  }
}
