/**
 * One daemon at a steady load: what it holds must not grow.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock, Duration, Effect, Fiber, Layer } from "effect"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import * as FaultProxy from "../faults/FaultProxy.ts"
import * as Ledger from "../faults/Ledger.ts"
import { randomLog } from "../faults/randomLog.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import { isQueueEmpty } from "../support/hurry.ts"
import type { ProcessSample } from "./Daemon.ts"
import { startUnit } from "./startUnit.ts"
import { uploadInto } from "./uploadInto.ts"

/** **Shape** `early` and `late`: means over the second and the last quarter of the run; the first is for warming up. */
export interface SoakReport {
  readonly minutes: number
  readonly events: number
  readonly lost: number
  readonly duplicated: number
  readonly early: Readonly<Record<string, number>>
  readonly late: Readonly<Record<string, number>>
  readonly amiss: ReadonlyArray<string>
}

/** Between two objects: an hour of them has some millions of events, and the ledger keeps every one. */
const PAUSE = Duration.millis(400)

/** Seconds from one count of the fibers to the next: each one collects the whole heap. */
const FIBERS_EVERY = 20

/** How much more than early there may be late; noise is no growth. */
const slack: Readonly<Record<string, (early: number) => number>> = {
  residentBytes: (early) => early * 1.15 + 10e6,
  heapBytes: (early) => early * 1.25 + 10e6,
  openFiles: (early) => early + 4,
  sockets: (early) => early + 4,
  timers: (early) => early * 1.25 + 5,
  fibers: (early) => early * 1.25 + 10
}

/** Runs it for so many minutes. */
export const runSoak = (minutes: number) =>
  soak(minutes).pipe(
    Effect.scoped,
    Effect.provide(
      FaultProxy.layer({ seed: 1 }).pipe(
        // Sessions are renewed all the time.
        Layer.provideMerge(TwoAccounts.layerWith({ sessionLifetimeCap: Duration.seconds(20) }))
      )
    )
  )

const soak = Effect.fnUntraced(function* (minutes: number) {
  const { endpoint } = yield* FaultProxy.FaultProxy
  const ledger = Ledger.make()
  const random = Pseudorandom.make(1)
  const directory = mkdtempSync(join(tmpdir(), "s3beat-soak-"))
  const { daemon, output } = yield* startUnit({ directory, number: 1, endpoint, output: "file", workers: 1, ledger })
  yield* Effect.logInfo(`A daemon in ${directory}, for ${minutes} minutes.`)

  const uploading = yield* Effect.gen(function* () {
    for (let index = 0; ; index++) {
      yield* uploadInto(ledger, "prod-logs", randomLog(index, random))
      yield* Effect.sleep(PAUSE)
    }
  }).pipe(Effect.forkChild)

  const samples: Array<ProcessSample> = []
  const end = (yield* Clock.currentTimeMillis) + minutes * 60_000
  for (let second = 0; (yield* Clock.currentTimeMillis) < end; second++) {
    yield* Effect.sleep("1 second")
    if (second % FIBERS_EVERY === 0) yield* daemon.countFibers
    const sample = yield* daemon.sample
    if (sample !== undefined) samples.push(sample)
  }
  yield* Fiber.interrupt(uploading)
  yield* isQueueEmpty.pipe(
    Effect.delay("200 millis"),
    Effect.repeat({ until: (is) => is }),
    Effect.timeoutOption("60 seconds")
  )
  yield* daemon.stop
  yield* output.settle

  const quarter = Math.floor(samples.length / 4)
  const early = meansOf(samples.slice(quarter, 2 * quarter))
  const late = meansOf(samples.slice(-quarter))
  const { duplicated, events, lost } = ledger.verdict()
  const amiss = Object.entries(slack).flatMap(([name, most]) =>
    (late[name] ?? 0) > most(early[name] ?? 0) ? `${name} grew from ${early[name]} to ${late[name]}` : []
  )
  if (lost + duplicated > 0) amiss.push(`${lost} events were lost, ${duplicated} came twice, without any fault`)
  if (amiss.length === 0) rmSync(directory, { recursive: true })
  return { minutes, events, lost, duplicated, early, late, amiss } satisfies SoakReport
})

const NAMES = ["residentBytes", "heapBytes", "openFiles", "sockets", "timers", "fibers", "loopDelay"] as const

const meansOf = (samples: ReadonlyArray<ProcessSample>): Record<string, number> =>
  Object.fromEntries(
    NAMES.map((name) => [name, samples.reduce((sum, sample) => sum + (sample[name] ?? 0), 0) / samples.length])
  )
