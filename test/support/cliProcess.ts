/**
 * The real program, as a process of its own: started, watched, signalled, and ended with the test.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Duration, Effect, Schedule, type Scope } from "effect"

/** How to start it. */
export interface CliOptions {
  /** Written to its stdin, which then ends. Without it stdin is empty. */
  readonly input?: string | Uint8Array
  /** Beside the variables that every process needs; none of those that say something to the AWS SDK are inherited. */
  readonly env?: Readonly<Record<string, string>>
  /** How long anything that is waited for may take, 20 s unless given. */
  readonly limit?: Duration.Duration
}

/** How it ended. **Shape** `code` is undefined when a signal ended it. */
export interface Ended {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A running s3beat. **Errors** Whatever does not come within the limit dies, with all that was written so far. */
export interface CliProcess {
  readonly pid: number
  /** What it has written so far. */
  readonly stdout: Effect.Effect<string>
  readonly stderr: Effect.Effect<string>
  /** Waits until what it has written to the stream holds the text. Dies when it ends without. */
  readonly wrote: (stream: "stdout" | "stderr", text: string) => Effect.Effect<void>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Signals again and again until it has ended, as an impatient person would. */
  readonly signalUntilEnded: (signal: NodeJS.Signals) => Effect.Effect<Ended>
  /** Reads stdout no more, as `head` does when it has seen enough. */
  readonly closeStdout: Effect.Effect<void>
  /** Waits for its end, and for the last of what it wrote. */
  readonly ended: Effect.Effect<Ended>
}

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

const IMPATIENCE = Duration.millis(100)

interface Watch {
  readonly isSeen: () => boolean
  readonly seen: Deferred.Deferred<void>
}

/** Starts `s3beat` with these arguments; closing the scope kills it if it still runs. */
export const startProcess = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  { env = {}, input = "", limit = Duration.seconds(20) }: CliOptions = {}
): Effect.fn.Return<CliProcess, never, Scope.Scope> {
  const written = { stdout: "", stderr: "" }
  const watches = new Set<Watch>()
  const isOver = yield* Deferred.make<Ended>()

  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [MAIN, ...args], {
        env: { PATH: process.env["PATH"], NO_COLOR: "1", AWS_EC2_METADATA_DISABLED: "true", ...env },
        stdio: ["pipe", "pipe", "pipe"]
      })
    ),
    (child) => kill(child, isOver)
  )

  const look = () => {
    for (const watch of watches) {
      if (!watch.isSeen()) continue
      watches.delete(watch)
      Deferred.doneUnsafe(watch.seen, Effect.void)
    }
  }
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8")
    child[name].on("data", (text: string) => {
      written[name] += text
      look()
    })
  }
  child.on("close", (code) => Deferred.doneUnsafe(isOver, Effect.succeed({ code: code ?? undefined, ...written })))
  // It may end without reading its input.
  child.stdin.on("error", () => {})
  child.stdin.end(input)

  const within = <A>(what: string, wait: Effect.Effect<A>) =>
    Effect.timeoutOrElse(wait, {
      duration: limit,
      orElse: () =>
        Effect.die(new Error(`${what} did not come within ${Duration.format(limit)}: ${show(args, written)}`))
    })

  const wrote: CliProcess["wrote"] = (stream, text) =>
    Effect.gen(function* () {
      const watch: Watch = { isSeen: () => written[stream].includes(text), seen: yield* Deferred.make<void>() }
      watches.add(watch)
      look()
      yield* within(
        JSON.stringify(text),
        Effect.raceFirst(
          Deferred.await(watch.seen),
          Effect.flatMap(Deferred.await(isOver), () =>
            watch.isSeen()
              ? Effect.void
              : Effect.die(new Error(`It ended without ${JSON.stringify(text)}: ${show(args, written)}`))
          )
        )
      )
    })

  const signal: CliProcess["signal"] = (name) => Effect.sync(() => void child.kill(name))
  const ended = within("Its end", Deferred.await(isOver))

  return {
    pid: child.pid ?? 0,
    stdout: Effect.sync(() => written.stdout),
    stderr: Effect.sync(() => written.stderr),
    wrote,
    signal,
    signalUntilEnded: (name) =>
      Effect.raceFirst(ended, Effect.andThen(Effect.repeat(signal(name), Schedule.spaced(IMPATIENCE)), Effect.never)),
    closeStdout: Effect.sync(() => void child.stdout.destroy()),
    ended
  }
})

/** Runs `s3beat` with these arguments to its end. */
export const runCli = (args: ReadonlyArray<string>, options: CliOptions = {}): Effect.Effect<Ended> =>
  startProcess(args, options).pipe(
    Effect.flatMap(({ ended }) => ended),
    Effect.scoped
  )

/** A process that was killed is waited for: the next test must not find its files and locks. */
const kill = (child: ChildProcess, isOver: Deferred.Deferred<Ended>) =>
  Effect.andThen(
    Effect.sync(() => void child.kill("SIGKILL")),
    Deferred.await(isOver)
  )

const show = (args: ReadonlyArray<string>, { stderr, stdout }: { readonly stdout: string; readonly stderr: string }) =>
  `s3beat ${args.join(" ")}\n--- stdout\n${stdout.slice(-2000)}\n--- stderr\n${stderr.slice(-2000)}`
