/**
 * One run of the daemon, as a user starts it, and what the operating system says that it took.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as os from "node:os"
import type { AwsServer, Report } from "./server/AwsServer.ts"
import { QUEUE } from "./server/sqs.ts"
import { ACCOUNT, REGION } from "./server/s3.ts"
import type { Destination } from "./outputs.ts"

/** What the daemon is to read, and how. */
export interface DaemonOptions {
  readonly server: AwsServer
  readonly destination: Destination
  /** Where its config and its files go. */
  readonly directory: string
  readonly shape: string
  readonly messages: number
  readonly rate?: number | undefined
  /** Buckets are read through an assumed role. */
  readonly hasRole?: boolean | undefined
  /** Further lines under `s3beat:`, as in `maxInFlightMessages: 10`. */
  readonly keys: ReadonlyArray<string>
  /** Where its CPU profile goes, if one is wanted. */
  readonly profile?: string | undefined
}

/**
 * What it took, all threads of the daemon's process alone counted, from the first message served to the last one deleted.
 *
 * **Units** `startSeconds` is the CPU before that: Node, the code and the first calls. `rssMegabytes` are samples, one a second.
 */
export interface DaemonRun {
  readonly seconds: number
  readonly cpuSeconds: number
  /** That part of it which the kernel took. */
  readonly systemSeconds: number
  readonly startSeconds: number
  /** What went to files and sockets, in all. */
  readonly writtenMegabytes: number
  readonly peakMegabytes: number
  readonly rssMegabytes: ReadonlyArray<number>
  /** By the daemon's own last line. */
  readonly events: number
  readonly server: Report
}

/** Starts the daemon, waits until the last message is deleted, drains it. Fails when it ends before that. */
export const runDaemon = async (options: DaemonOptions): Promise<DaemonRun> => {
  const { destination, directory, messages, profile, rate, server, shape } = options
  const config = join(directory, "s3beat.yml")
  await writeFile(config, configText(options))
  const run = await server.begin({ shape, messages, rate })

  const profiling = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`]
  const daemon = spawn(
    process.execPath,
    [YOUNG_SPACE, ...profiling, destination.entry ?? INSTALLED, "run", "-c", config],
    {
      cwd: PROJECT,
      stdio: ["ignore", "ignore", "pipe"]
    }
  )
  const exited = once(daemon, "exit")
  let log = ""
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-LOG_KEPT)))
  const early = exited.then(() => Promise.reject(new Error(`The daemon ended before its work was done:\n${log}`)))
  early.catch(() => {})
  const pid = daemon.pid ?? 0

  const rssMegabytes: Array<number> = []
  const sampling = setInterval(async () => {
    const megabytes = await memoryOf(pid, "VmRSS").catch(() => undefined)
    if (megabytes !== undefined) rssMegabytes.push(megabytes)
  }, 1000)
  try {
    const firstServed = await Promise.race([run.firstServed, early])
    const atStart = await cpuOf(pid)
    const allDeleted = await Promise.race([run.allDeleted, early])
    const atEnd = await cpuOf(pid)
    const writtenMegabytes = await writtenBy(pid)
    const peakMegabytes = await memoryOf(pid, "VmHWM")
    const report = await server.report()
    daemon.kill("SIGTERM")
    await exited
    return {
      seconds: (allDeleted - firstServed) / 1000,
      cpuSeconds: atEnd.all - atStart.all,
      systemSeconds: atEnd.system - atStart.system,
      startSeconds: atStart.all,
      writtenMegabytes,
      peakMegabytes,
      rssMegabytes,
      events: eventsOf(log),
      server: report
    }
  } finally {
    clearInterval(sampling)
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill("SIGKILL")
      await exited
    }
  }
}

const PROJECT = join(import.meta.dirname, "../..")

/** Characters of the daemon's log that are kept. */
const LOG_KEPT = 20_000

/** As the README advises for a daemon: 20 to 30 MB less at the same speed. */
const YOUNG_SPACE = "--max-semi-space-size=16"

/** What `s3beat` is where the package is installed; `npm run bench` has built it. */
const INSTALLED = join(PROJECT, "dist/main.js")

const configText = ({ destination, hasRole, keys, server: { endpoint } }: DaemonOptions) =>
  [
    "s3beat:",
    "beatIdentifier: bench",
    // A heartbeat would be an event too many where they are counted.
    "heartbeatdisabled: true",
    `sqsQueues: ["${QUEUE}:${REGION}"]`,
    "accessKeyID: AKIABENCH",
    "secretAccessKey: secret-of-bench",
    `endpoints: { s3: "${endpoint}", sqs: "${endpoint}", sts: "${endpoint}" }`,
    ...(hasRole === true
      ? ["assumeRoleFlag: true", `assumeRoleArn: ["arn:aws:iam::${ACCOUNT}:role/s3beat-reader"]`]
      : []),
    ...lastOfEach(keys)
  ].join("\n  ") + `\n${destination.config}`

/** The last one wins of keys that are given twice. */
const lastOfEach = (keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.values(Object.fromEntries(keys.map((key) => [key.slice(0, key.indexOf(":")), key])))

/** Ticks a second of the times in /proc, which the kernel has fixed for its interfaces. */
const TICKS = 100

/** CPU seconds of all threads so far. **Source** proc_pid_stat(5): utime and stime are fields 14 and 15. */
const cpuOf = async (pid: number): Promise<{ readonly all: number; readonly system: number }> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch((cause: unknown) => {
    throw os.platform() === "linux" ? cause : new Error("The daemon's CPU is read from /proc, which only Linux has.")
  })
  // The second field is the name, in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [user, system] = [Number(fields[11]) / TICKS, Number(fields[12]) / TICKS]
  return { all: user + system, system }
}

/** Resident megabytes, now (`VmRSS`) or at their peak (`VmHWM`). */
const memoryOf = async (pid: number, field: "VmRSS" | "VmHWM"): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8")
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "mu").exec(status)?.[1] ?? 0) * 1024) / 1e6
}

/** Megabytes that were handed to write calls. **Source** proc_pid_io(5): wchar. */
const writtenBy = async (pid: number): Promise<number> =>
  Number(/^wchar: (\d+)/mu.exec(await readFile(`/proc/${pid}/io`, "utf8"))?.[1] ?? 0) / 1e6

const eventsOf = (log: string): number => Number(/Drained\. In all: .*?(\d+) events/u.exec(log)?.[1] ?? Number.NaN)
