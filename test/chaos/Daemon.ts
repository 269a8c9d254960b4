/**
 * The real program as a child process, kept running as systemd would: whenever it ends, it is started again.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { appendFileSync, readdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { Deferred, Duration, Effect, type Scope } from "effect"
import type { Order, Sample } from "./insideDaemon.ts"

/** How a daemon is run. */
export interface DaemonOptions {
  readonly name: string
  readonly configFile: string
  /** Where its log goes. */
  readonly logFile: string
}

/** What the system knows of the process. **Units** bytes. */
export interface ProcessSample extends Partial<Sample> {
  readonly residentBytes: number
  readonly openFiles: number
}

/** A daemon under supervision. */
export interface Daemon {
  readonly name: string
  /** Sends the signal to the process of the moment. Answers whether there was one. */
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<boolean>
  /** Sets the wall clock of the process, and of those that follow it, this far off. */
  readonly setClock: (offset: Duration.Duration) => Effect.Effect<void>
  /** From the next start on no file of it may be larger than this; without it, as large as it likes. */
  readonly setFileLimit: (kilobytes?: number) => Effect.Effect<void>
  /** Ends it for good with SIGTERM. Answers the exit code; undefined when it had to be killed. */
  readonly stop: Effect.Effect<number | undefined>
  /** How the process of the moment fares; undefined when there is none. */
  readonly sample: Effect.Effect<ProcessSample | undefined>
  /** Has it count its fibers, for the samples that follow. */
  readonly countFibers: Effect.Effect<void>
  /** How often it ended, by exit code or signal. */
  readonly ends: () => ReadonlyMap<string, number>
}

/** How soon it is started again. */
const RESTART = Duration.millis(300)

/** So young a process need not know yet what a signal means; it has shipped nothing. */
const YOUTH_MILLIS = 10_000

/** How long it may take to stop. */
const STOP_LIMIT = Duration.seconds(40)

const preload = resolve(import.meta.dirname, "insideDaemon.ts")
const program = resolve(import.meta.dirname, "../../src/main.ts")

/** Starts it, and kills it with the scope. */
export const make = ({ configFile, logFile, name }: DaemonOptions): Effect.Effect<Daemon, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ends = new Map<string, number>()
    let child: ChildProcess | undefined
    let offset = 0
    let fileLimit: number | undefined
    let isWanted = true
    let startedAt = 0
    /** A second SIGTERM would end it at once. */
    let isStopping = false
    let latest: Sample | undefined

    const tell = (order: Order) => {
      // A process that is ending has closed its ear.
      if (child?.connected === true) child.send(order, () => {})
    }

    const live = Effect.callback<string>((resume) => {
      const node = ["--import", preload, program, "run", "-c", configFile, "--log-format", "json"]
      const [command, args] =
        fileLimit === undefined
          ? [process.execPath, node]
          : ["sh", ["-c", `ulimit -S -f ${fileLimit * 2} && exec "$0" "$@"`, process.execPath, ...node]]
      const started = spawn(command, args, {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        // It is killed and started again all the time: what is compiled once need not be each time.
        env: { ...process.env, NODE_COMPILE_CACHE: `${logFile}.cache` }
      })
      child = started
      startedAt = Date.now()
      isStopping = false
      started.stderr?.on("data", (text: Buffer) => appendFileSync(logFile, text))
      started.on("message", (sample: Sample) => void (latest = sample))
      started.on("exit", (code, signal) => {
        child = undefined
        resume(Effect.succeed(signal ?? String(code)))
      })
      tell({ _tag: "SetClock", offset })
      return Effect.sync(() => started.kill("SIGKILL"))
    })

    const ended = yield* Deferred.make<string>()
    yield* live.pipe(
      Effect.tap((end) => Effect.sync(() => ends.set(end, (ends.get(end) ?? 0) + 1))),
      Effect.flatMap((end) => (isWanted ? Effect.sleep(RESTART) : Deferred.succeed(ended, end))),
      Effect.repeat({ while: () => isWanted }),
      Effect.forkScoped
    )

    const signal = (signal: NodeJS.Signals) =>
      Effect.sync(() => {
        const isSent = child?.kill(signal) ?? false
        isStopping ||= isSent && signal === "SIGTERM"
        // It is not to be killed twice.
        if (signal === "SIGKILL") child = undefined
        return isSent
      })

    return {
      name,
      signal,
      setClock: (by) =>
        Effect.sync(() => {
          offset = Duration.toMillis(by)
          tell({ _tag: "SetClock", offset })
        }),
      setFileLimit: (kilobytes) => Effect.sync(() => void (fileLimit = kilobytes)),
      stop: Effect.suspend(() => {
        isWanted = false
        if (child === undefined) return Effect.succeed("0")
        return Effect.andThen(isStopping ? Effect.void : signal("SIGTERM"), Deferred.await(ended))
      }).pipe(
        Effect.timeoutOrElse({ duration: STOP_LIMIT, orElse: () => Effect.as(signal("SIGKILL"), "SIGKILL") }),
        Effect.map((end) => {
          if (end === "SIGTERM" && Date.now() - startedAt < YOUTH_MILLIS) return 0
          return /^\d+$/u.test(end) ? Number(end) : undefined
        })
      ),
      sample: Effect.sync(() => {
        const { pid } = child ?? {}
        tell({ _tag: "Sample" })
        return pid === undefined ? undefined : { ...latest, ...processSample(pid) }
      }),
      countFibers: Effect.sync(() => tell({ _tag: "CountFibers" })),
      ends: () => ends
    }
  })

/** **Source** proc(5). Elsewhere than on Linux there is nothing to read. */
const processSample = (pid: number): ProcessSample => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0)
    return { residentBytes: kilobytes * 1024, openFiles: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return { residentBytes: 0, openFiles: 0 }
  }
}
