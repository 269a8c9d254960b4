/**
 * The real program as a process of its own that keeps running: with pipes or at a terminal, watched, talked to, and ended with the
 * test. What is only run to its end is in `runS3beat.ts`.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { spawn as spawnAtTerminal } from "@lydell/node-pty"
import { Deferred, Duration, Effect, Schedule, type Scope } from "effect"

/** How to start it. */
export interface StartOptions {
  readonly cwd?: string | undefined
  /** Beside the variables that every process needs: none is inherited that would say something to it or to the AWS SDK. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** How long anything that is waited for may take, 30 s unless given. */
  readonly limit?: Duration.Duration | undefined
}

/** How to start it with pipes. */
export interface PipeOptions extends StartOptions {
  /** Written to its stdin. Without it stdin is empty. */
  readonly stdin?: string | Uint8Array | undefined
  /** The pipe stays open behind that, as some parents leave it. */
  readonly keepsStdin?: boolean | undefined
}

/** How it ended. **Shape** `exitCode` is undefined when a signal ended it. */
export interface Ended {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A process with pipes. **Errors** Whatever does not come within the limit dies, with all that was written so far. */
export interface RunningS3beat {
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

/** A process at a terminal, and the person in front of it. **Errors** As with pipes. */
export interface S3beatAtTerminal {
  /** Waits until the text is on the screen, among what came since something was typed last. Dies when it ends without. */
  readonly see: (text: string) => Effect.Effect<void>
  readonly type: (keys: string) => Effect.Effect<void>
  /** Everything that was ever on the screen, without colours and the movements of the cursor. */
  readonly screen: Effect.Effect<string>
  /** Waits for its end. */
  readonly exitCode: Effect.Effect<number>
}

/** The keys of a terminal that are no letters. */
export const key = { enter: "\r", backspace: "\u007f", clearLine: "\u0015", ctrlC: "\u0003", ctrlD: "\u0004" } as const

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** Without this the AWS SDK may look for a machine that would give it a role. */
const NECESSARY = { PATH: process.env["PATH"], AWS_EC2_METADATA_DISABLED: "true" }

const LIMIT = Duration.seconds(30)

const IMPATIENCE = Duration.millis(100)

/** Starts `s3beat` with these arguments; closing the scope kills it if it still runs. */
export const start = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  { cwd, env, keepsStdin = false, limit, stdin = "" }: PipeOptions = {}
): Effect.fn.Return<RunningS3beat, never, Scope.Scope> {
  const written = { stdout: "", stderr: "" }
  const watched = yield* watch<Ended>({
    limit,
    show: () => `s3beat ${args.join(" ")}\n--- stdout\n${last(written.stdout)}\n--- stderr\n${last(written.stderr)}`
  })

  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...NECESSARY, NO_COLOR: "1", ...env } })),
    // It is waited for: the next test must not find its files and locks.
    (child) =>
      Effect.andThen(
        Effect.sync(() => void child.kill("SIGKILL")),
        watched.isOver
      )
  )
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      written[name] += text
      watched.look()
    })
  }
  child.on("close", (code) => watched.end({ exitCode: code ?? undefined, ...written }))
  // It may end without reading its input.
  child.stdin.on("error", () => {}).write(stdin)
  if (!keepsStdin) child.stdin.end()

  const signal: RunningS3beat["signal"] = (name) => Effect.sync(() => void child.kill(name))
  const { ended } = watched

  return {
    pid: child.pid ?? 0,
    stdout: Effect.sync(() => written.stdout),
    stderr: Effect.sync(() => written.stderr),
    wrote: (stream, text) => watched.until(text, () => written[stream].includes(text)),
    signal,
    signalUntilEnded: (name) =>
      Effect.raceFirst(ended, Effect.andThen(Effect.repeat(signal(name), Schedule.spaced(IMPATIENCE)), Effect.never)),
    closeStdout: Effect.sync(() => void child.stdout.destroy()),
    ended
  }
})

/** Starts `s3beat` at a terminal of 100 columns; closing the scope kills it if it still runs. */
export const startAtTerminal = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  { cwd = process.cwd(), env, limit }: StartOptions = {}
): Effect.fn.Return<S3beatAtTerminal, never, Scope.Scope> {
  let [shown, typedAt] = ["", 0]
  const screen = (from = 0) => stripVTControlCharacters(shown.slice(from))
  const watched = yield* watch<number>({
    limit,
    show: () => `s3beat ${args.join(" ")}\n--- screen\n${last(screen())}`
  })

  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawnAtTerminal(process.execPath, [MAIN, ...args], {
        cwd,
        cols: 100,
        rows: 40,
        env: { ...NECESSARY, TERM: "xterm-256color", ...env }
      })
    ),
    (child) =>
      Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        watched.isOver
      )
  )
  child.onData((text) => {
    shown += text
    watched.look()
  })
  child.onExit(({ exitCode }) => watched.end(exitCode))

  return {
    see: (text) => watched.until(text, () => screen(typedAt).includes(text)),
    type: (keys) =>
      Effect.sync(() => {
        typedAt = shown.length
        child.write(keys)
      }),
    screen: Effect.sync(screen),
    exitCode: watched.ended
  }
})

const last = (text: string): string => text.slice(-2000)

interface Watch {
  readonly isSeen: () => boolean
  readonly seen: Deferred.Deferred<void>
}

/** Waits for what a process does, each time no longer than the limit; `show` says what it did instead. */
const watch = Effect.fnUntraced(function* <A>({
  limit = LIMIT,
  show
}: {
  readonly limit: Duration.Duration | undefined
  readonly show: () => string
}) {
  const watches = new Set<Watch>()
  const over = yield* Deferred.make<A>()

  const look = () => {
    for (const watch of watches) {
      if (!watch.isSeen()) continue
      watches.delete(watch)
      Deferred.doneUnsafe(watch.seen, Effect.void)
    }
  }

  const within = <B>(what: string, wait: Effect.Effect<B>) =>
    Effect.timeoutOrElse(wait, {
      duration: limit,
      orElse: () => Effect.die(new Error(`${what} did not come within ${Duration.format(limit)}: ${show()}`))
    })

  const until = Effect.fnUntraced(function* (text: string, isSeen: () => boolean) {
    const watch: Watch = { isSeen, seen: yield* Deferred.make<void>() }
    watches.add(watch)
    look()
    const isOver = Effect.flatMap(Deferred.await(over), () =>
      isSeen() ? Effect.void : Effect.die(new Error(`It ended without ${JSON.stringify(text)}: ${show()}`))
    )
    yield* within(JSON.stringify(text), Effect.raceFirst(Deferred.await(watch.seen), isOver))
  })

  return {
    /** Something has come. */
    look,
    /** It has ended. */
    end: (end: A) => Deferred.doneUnsafe(over, Effect.succeed(end)),
    until,
    ended: within("Its end", Deferred.await(over)),
    isOver: Deferred.await(over)
  }
})
