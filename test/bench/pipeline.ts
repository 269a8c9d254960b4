/**
 * The daemon as a user runs it, over every shape and to every output, beside the least that the same work can cost.
 */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { type Bench, inWorkplace, say, table } from "./bench.ts"
import { bodiesOf, type Totals, totalsOf } from "./corpus.ts"
import { type DaemonRun, runDaemon } from "./daemonRun.ts"
import { type Floor, runFloor, titles } from "./floors.ts"
import { type Spread, spread } from "./measure.ts"
import type { BenchOptions } from "./options.ts"
import { openOutput } from "./outputs.ts"
import { type Shape, shapeNamed, shapes } from "./shapes.ts"
import { verdictsOf } from "./verdicts.ts"

const RUNS = 5

/** Those that every run measures. */
const DEFAULT_OUTPUTS = ["file", "null"]

/** A table and a line of JSON for each shape. */
export const run: Bench = (options, emit) =>
  inWorkplace(options, async (workplace) => {
    const names = options.shapes ?? shapes.map(({ name }) => name)
    for (const shape of names.map(shapeNamed)) emit(await measureShape(shape, options, workplace))
  })

const measureShape = async (
  shape: Shape,
  options: BenchOptions,
  { directory, server }: Parameters<Parameters<typeof inWorkplace>[1]>[0]
) => {
  const objects = options.objects ?? (options.isQuick ? shape.quickObjects : shape.objects)
  const runs = options.runs ?? (options.isQuick ? 1 : RUNS)
  const totals = totalsOf(shape, objects, await bodiesOf(shape, objects))
  const daemons = new Map<string, Array<DaemonRun>>()
  const floors = new Map<Floor, Array<number>>()
  // In turns, so that a noisy minute of the machine is shared by all.
  for (let i = 0; i < runs; i++) {
    for (const name of options.outputs ?? DEFAULT_OUTPUTS) {
      await using destination = await openOutput(name, directory)
      const done = await runDaemon({
        ...options,
        keys: [`workers: ${shape.workers}`, ...options.keys],
        server,
        destination,
        directory,
        shape: shape.name,
        messages: objects
      })
      check(done.events, totals)
      const arrived = await destination.arrived?.()
      if (arrived !== undefined) check(arrived, totals)
      append(daemons, name, done)
      await rm(join(directory, "events"), { recursive: true, force: true })
    }
    for (const floor of floorsOf(shape)) {
      append(floors, floor, (await runFloor(floor, { server, directory, shape: shape.name, objects })).cpuSeconds)
      await rm(join(directory, "floor"), { force: true })
    }
  }
  return report(shape, totals, runs, daemons, floors)
}

const floorsOf = ({ name }: Shape): ReadonlyArray<Floor> =>
  name === "tiny" ? ["gunzip", "bareSdk", "bareHttp", "cheapestSdk", "naive"] : ["gunzip", "bareSdk", "bareHttp"]

/** Numbers for work that was not done would be good ones. */
const check = (events: number, totals: Totals) => {
  if (events !== totals.events) throw new Error(`${events} events were shipped, of ${totals.events}.`)
}

const append = <Key, Value>(lists: Map<Key, Array<Value>>, key: Key, value: Value) => {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

const GB = 1e9
const MB = 1e6

/** What is told of the runs to one output. */
const figuresOf = (runs: ReadonlyArray<DaemonRun>, { bytes, events, objects }: Totals) => {
  const over = (value: (run: DaemonRun) => number) => spread(runs.map(value))
  const calls = (kind: RegExp) =>
    over(({ server }) => {
      const counts = Object.entries(server.calls).filter(([name]) => kind.test(name))
      return (counts.reduce((sum, [, count]) => sum + count, 0) * 1000) / objects
    })
  return {
    seconds: over(({ seconds }) => seconds),
    eventsPerSecond: over(({ seconds }) => events / seconds),
    megabytesPerSecond: over(({ seconds }) => bytes / MB / seconds),
    getsPerSecond: over(({ seconds }) => objects / seconds),
    cpuSeconds: over(({ cpuSeconds }) => cpuSeconds),
    systemCpuSeconds: over(({ systemSeconds }) => systemSeconds),
    cpuSecondsPerGigabyte: over(({ cpuSeconds }) => (cpuSeconds * GB) / bytes),
    cpuSecondsPerMillionEvents: over(({ cpuSeconds }) => (cpuSeconds * 1e6) / events),
    cpuMicrosPerObject: over(({ cpuSeconds }) => (cpuSeconds * 1e6) / objects),
    startCpuSeconds: over(({ startSeconds }) => startSeconds),
    writtenMegabytes: over(({ writtenMegabytes }) => writtenMegabytes),
    peakMegabytes: over(({ peakMegabytes }) => peakMegabytes),
    p50Millis: over(({ server }) => server.p50Millis),
    p99Millis: over(({ server }) => server.p99Millis),
    callsPerThousand: {
      receive: calls(/^ReceiveMessage$/u),
      delete: calls(/^DeleteMessage/u),
      changeVisibility: calls(/^ChangeMessageVisibility/u),
      all: calls(/Message/u)
    },
    serverCpuSeconds: over(({ server }) => server.cpuSeconds)
  }
}

/** What the runs to one output came to. */
export type Figures = ReturnType<typeof figuresOf>

const report = (
  shape: Shape,
  totals: Totals,
  runs: number,
  daemons: ReadonlyMap<string, ReadonlyArray<DaemonRun>>,
  floors: ReadonlyMap<Floor, ReadonlyArray<number>>
) => {
  const figures = new Map([...daemons].map(([output, done]) => [output, figuresOf(done, totals)]))
  const floorSeconds = new Map([...floors].map(([floor, seconds]) => [floor, spread(seconds)]))
  const verdicts = verdictsOf(shape.name, figures, floorSeconds)

  console.error(
    `\n${shape.name}: ${totals.objects} ${shape.description}; ${totals.events} events, ` +
      `${megabytes(totals.bytes)} MB, ${megabytes(totals.storedBytes)} MB stored; median of ${runs}, min and max`
  )
  table([
    [
      "",
      "events/s",
      "MB/s",
      "GET/s",
      "CPU s/GB",
      "CPU s/M events",
      "MB written",
      "peak MB",
      "p50 ms",
      "p99 ms",
      "SQS calls/1000"
    ],
    ...[...figures].map(([output, row]) => [
      `s3beat, output ${output}`,
      show(row.eventsPerSecond, 0),
      show(row.megabytesPerSecond, 1),
      show(row.getsPerSecond, 0),
      show(row.cpuSecondsPerGigabyte, 2),
      show(row.cpuSecondsPerMillionEvents, 2),
      show(row.writtenMegabytes, 0),
      show(row.peakMegabytes, 0),
      show(row.p50Millis, 0),
      show(row.p99Millis, 0),
      show(row.callsPerThousand.all, 0)
    ]),
    ...[...floorSeconds].map(([floor, seconds]) => [
      titles[floor],
      "",
      "",
      "",
      show(scaled(seconds, GB / totals.bytes), 2),
      show(scaled(seconds, 1e6 / totals.events), 2)
    ])
  ])
  say(verdicts)
  return {
    shape: shape.name,
    totals,
    runs,
    outputs: Object.fromEntries(figures),
    floorCpuSeconds: Object.fromEntries(floorSeconds),
    verdicts
  }
}

const megabytes = (bytes: number) => (bytes / MB).toFixed(1)

const scaled = ({ max, median, min }: Spread, factor: number): Spread => ({
  median: median * factor,
  min: min * factor,
  max: max * factor
})

const show = ({ max, median, min }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`
