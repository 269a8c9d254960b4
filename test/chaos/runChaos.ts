/**
 * Daemons in trouble, and the books on what became of their events.
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
import { isQueueEmpty, makeHurry } from "../support/hurry.ts"
import { linesOf } from "../support/lawWorld.ts"
import { LEASE_SECONDS } from "./configText.ts"
import { excessOf } from "./excessOf.ts"
import { lateStart, nextOrdeal, type Unit } from "./ordeals.ts"
import { startUnit } from "./startUnit.ts"
import { uploadInto } from "./uploadInto.ts"
import { type Kind, kinds } from "./UnitOutput.ts"
import * as Weather from "./Weather.ts"

/** What to do, and how long. */
export interface ChaosOptions {
  readonly minutes: number
  readonly seed: number
  readonly kills: number
  readonly daemons: number
  /** What the daemons ship to; without it some to each, which one to which by the seed. */
  readonly output?: Kind | undefined
}

/**
 * What came of it.
 *
 * **Shape** `outputs` and `workers`: those of each daemon. `faults`: how often each happened, `killed`: how many processes were. `identified`:
 * duplicates that had their original's id. `excess`: objects whose events arrived more often than their message was handed over.
 * `ends`: how the processes ended, by exit code or signal. `amiss`: what must not be, in words; empty when all is well.
 *
 * **Units** `readySeconds` until every daemon shipped something new, `emptySeconds` until the queue was empty, both from the last
 * fault on; `mostMegabytes` is the largest resident set. Messages that were put off are hurried then, as by an operator.
 */
export interface Report extends ChaosOptions, Omit<Ledger.Verdict, "examples"> {
  readonly outputs: ReadonlyArray<Kind>
  readonly workers: ReadonlyArray<number | "auto">
  readonly faults: Readonly<Record<string, number>>
  readonly killed: number
  readonly identified: number
  readonly excess: number
  readonly readySeconds: number
  readonly emptySeconds: number
  readonly mostMegabytes: number
  readonly ends: Readonly<Record<string, number>>
  readonly amiss: ReadonlyArray<string>
}

/** Sessions live so long that some end during an outage. */
const SESSION = Duration.seconds(20)

/** How many workers the daemons have, one after another; undefined for as many as by default. */
const WORKERS = [undefined, 1, 3]

/** The part of the run in which the kills fall: each has to wait until there is a process. */
const KILLING = 0.95

/** How soon every daemon must be ready once the faults end. */
const READY_SECONDS = 60

/** How long the queue may take to be empty: a daemon that was killed holds its messages for a lease. */
const EMPTY_SECONDS = LEASE_SECONDS * 4

const bucketNames = TwoAccounts.accountA.buckets.map(({ name }) => name)

/** Runs it all. */
export const runChaos = (options: ChaosOptions) =>
  chaos(options).pipe(
    Effect.scoped,
    Effect.provide(
      FaultProxy.layer({ seed: options.seed }).pipe(
        Layer.provideMerge(TwoAccounts.layerWith({ sessionLifetimeCap: SESSION }))
      )
    )
  )

const chaos = Effect.fnUntraced(function* (options: ChaosOptions) {
  const proxy = yield* FaultProxy.FaultProxy
  const ledger = Ledger.make()
  const counts = new Map<string, number>()
  const count = (name: string) => Effect.sync(() => void counts.set(name, (counts.get(name) ?? 0) + 1))
  // Each has numbers of its own, so that how long one takes does not change what the others do.
  const [forUploads, forOrdeals, forKills] = [1, 2, 3].map((n) => Pseudorandom.make(options.seed * 10 + n))
  if (forUploads === undefined || forOrdeals === undefined || forKills === undefined)
    return yield* Effect.die("no numbers")

  const directory = mkdtempSync(join(tmpdir(), "s3beat-chaos-"))
  const weather = Weather.make(proxy)
  const plans = Array.from({ length: options.daemons }, (_, i) => ({
    number: i + 1,
    output: options.output ?? kinds[(options.seed + i) % kinds.length] ?? "file",
    workers: WORKERS[(options.seed + i) % WORKERS.length]
  }))
  const units = yield* Effect.forEach(plans, (plan) =>
    startUnit({ ...plan, directory, endpoint: proxy.endpoint, ledger })
  )
  const world = { units, weather, random: forOrdeals }
  yield* Effect.logInfo(
    `${options.daemons} daemons in ${directory}, for ${options.minutes} minutes, seed ${options.seed}.`
  )

  const uploads = Effect.gen(function* () {
    for (let index = 0; ; index++) {
      const log = randomLog(index, forUploads)
      yield* uploadInto(ledger, forUploads.pick(["prod-logs", "prod-logs-eu"]), log)
      yield* Effect.sleep(Duration.millis(50 + forUploads.int(500)))
    }
  })

  const killed = () => sumOf(units.map(({ daemon }) => daemon.ends()))["SIGKILL"] ?? 0

  const kills = Effect.gen(function* () {
    const moments = Array.from({ length: options.kills }, () => forKills.int(options.minutes * KILLING * 60_000))
    const began = yield* Clock.currentTimeMillis
    for (const moment of moments.toSorted((a, b) => a - b)) {
      yield* Effect.sleep(Duration.millis(Math.max(0, began + moment - (yield* Clock.currentTimeMillis))))
      const before = killed()
      // One that is only just being started again has no process, and one that is ending may end by itself.
      yield* Effect.suspend(() => units[forKills.int(units.length)]?.daemon.signal("SIGKILL") ?? Effect.void).pipe(
        Effect.andThen(Effect.sleep("100 millis")),
        Effect.repeat({ until: () => killed() > before })
      )
      yield* count("kill -9")
    }
  })

  const troubles = Effect.gen(function* () {
    yield* count("started before its queue, its output and STS")
    yield* lateStart(world)
    while (true) {
      yield* Effect.sleep(Duration.millis(500 + forOrdeals.int(2500)))
      const ordeal = nextOrdeal(forOrdeals)
      if (ordeal === undefined) continue
      if (!ordeal.ofUnit) {
        if (ordeal.name !== "calm") yield* count(ordeal.name)
        yield* Effect.forkChild(ordeal.befall(world))
        continue
      }
      const unit = units[forOrdeals.int(units.length)]
      if (unit === undefined || unit.isBusy) continue
      if (ordeal.output !== undefined && ordeal.output !== unit.output.kind) continue
      unit.isBusy = true
      yield* count(ordeal.name)
      yield* ordeal
        .befall(unit, forOrdeals)
        .pipe(Effect.ensuring(Effect.sync(() => void (unit.isBusy = false))), Effect.forkChild)
    }
  })

  let mostBytes = 0
  const watch = Effect.gen(function* () {
    while (true) {
      for (const { daemon } of units) mostBytes = Math.max(mostBytes, (yield* daemon.sample)?.residentBytes ?? 0)
      yield* Effect.sleep("1 second")
    }
  })
  yield* Effect.forkScoped(watch)

  const uploading = yield* Effect.forkChild(uploads)
  const trouble = yield* Effect.forkChild(Effect.all([kills, troubles], { concurrency: 2, discard: true }))
  yield* Effect.sleep(Duration.minutes(options.minutes))
  // Its ordeals end with it, and put right what they did.
  yield* Fiber.interrupt(trouble)
  yield* Fiber.interrupt(uploading)
  yield* weather.clear
  const ended = yield* Clock.currentTimeMillis
  yield* Effect.logInfo("The faults are over.")

  const amiss: Array<string> = []
  const sinceEnd = Effect.map(Clock.currentTimeMillis, (now) => Math.round((now - ended) / 100) / 10)
  const isReady = yield* Effect.timeoutOption(untilReady(units, ledger), Duration.seconds(READY_SECONDS))
  const readySeconds = yield* sinceEnd
  if (isReady._tag === "None") amiss.push(`not every daemon was ready within ${READY_SECONDS} s of the last fault`)

  const hurry = yield* makeHurry(Duration.seconds(LEASE_SECONDS))
  const isEmpty = yield* Effect.andThen(hurry, isQueueEmpty).pipe(
    Effect.delay("200 millis"),
    Effect.repeat({ until: (is) => is }),
    Effect.timeoutOption(Duration.seconds(EMPTY_SECONDS))
  )
  const emptySeconds = yield* sinceEnd
  if (isEmpty._tag === "None") amiss.push(`the queue was not empty within ${EMPTY_SECONDS} s of the last fault`)

  const codes = yield* Effect.forEach(units, ({ daemon }) => daemon.stop, { concurrency: "unbounded" })
  if (codes.some((code) => code !== 0))
    amiss.push(`told to stop, the daemons ended with ${codes.join(", ")} instead of 0`)
  yield* Effect.forEach(units, ({ output }) => output.settle, { discard: true })

  const { examples, ...verdict } = ledger.verdict()
  const excess = excessOf(proxy.queue.receipts(), ledger, units)
  if (verdict.lost + verdict.altered + verdict.unidentified > 0) amiss.push(...examples)
  if (excess.length > 0) amiss.push(`arrived more often than they were handed over: ${excess.slice(0, 5).join(", ")}`)
  // What went wrong can be read in the logs there.
  if (amiss.length === 0) rmSync(directory, { recursive: true })
  const injected = yield* proxy.injected
  return {
    ...options,
    outputs: plans.map(({ output }) => output),
    workers: plans.map(({ workers = "auto" as const }) => workers),
    faults: Object.fromEntries([...counts, ...injected]),
    killed: killed(),
    ...verdict,
    identified: verdict.duplicated - verdict.unidentified,
    excess: excess.length,
    readySeconds,
    emptySeconds,
    mostMegabytes: Math.round(mostBytes / 1e6),
    ends: sumOf(units.map(({ daemon }) => daemon.ends())),
    amiss
  } satisfies Report
})

/** Uploads something new again and again, until every daemon has shipped a part of it. */
const untilReady = Effect.fnUntraced(function* (units: ReadonlyArray<Unit>, ledger: Ledger.Ledger) {
  const open = new Set(units)
  for (let index = 0; open.size > 0; index++) {
    const [bucket = ""] = bucketNames
    const record = `ready? ${index}`
    yield* uploadInto(ledger, bucket, linesOf(`ready/${index}.log`, record))
    yield* Effect.sleep("200 millis")
    for (const unit of open) {
      if (yield* unit.output.hasGot('"key":"ready/')) open.delete(unit)
    }
  }
})

const sumOf = (all: ReadonlyArray<ReadonlyMap<string, number>>): Record<string, number> => {
  const sums: Record<string, number> = {}
  for (const counts of all) for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count
  return sums
}
