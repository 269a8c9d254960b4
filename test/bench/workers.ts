/**
 * What a second worker brings.
 */
import { rm } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { atLeast, type Bench, inWorkplace, say, table, within } from "./bench.ts"
import { bodiesOf, totalsOf } from "./corpus.ts"
import { type DaemonRun, runDaemon } from "./daemonRun.ts"
import { type Spread, spread } from "./measure.ts"
import { openOutput } from "./outputs.ts"
import { shapeNamed } from "./shapes.ts"

const RUNS = 5
const WORKERS = [1, 2]

/**
 * How many objects take one worker a minute of CPU or a little more: each thread finds out for itself which code is hot, and compiles it,
 * and a daemon runs for longer than that. It is counted all the same.
 */
const OBJECTS: Readonly<Record<string, number>> = { tiny: 600_000, cloudtrail: 20_000, vpcflow: 2000, ndjson: 150 }

/** Two workers do so many times the work of one, where there are two cores beside those of the servers and the bench. */
const MIN_SPEED_UP = 1.7
const MIN_CORES = 4

/** An event takes the same CPU, but for so much. */
const CPU_TOLERANCE = 0.1

/** A table and a line of JSON for each shape. */
export const run: Bench = (options, emit) =>
  inWorkplace(options, async ({ directory, server }) => {
    for (const shape of (options.shapes ?? ["tiny", "cloudtrail"]).map(shapeNamed)) {
      const objects = options.objects ?? (options.isQuick ? shape.quickObjects : (OBJECTS[shape.name] ?? shape.objects))
      const { events } = totalsOf(shape, objects, await bodiesOf(shape, objects))
      const runs = WORKERS.map(() => new Array<DaemonRun>())
      for (let i = 0; i < (options.runs ?? (options.isQuick ? 1 : RUNS)); i++) {
        for (const [row, workers] of WORKERS.entries()) {
          await using destination = await openOutput(options.outputs?.[0] ?? "file", directory)
          const keys = [...options.keys, `workers: ${workers}`]
          const work = { ...options, keys, server, destination, directory, shape: shape.name, messages: objects }
          runs[row]?.push(await runDaemon(work))
          await rm(join(directory, "events"), { recursive: true, force: true })
        }
      }
      const results = WORKERS.map((workers, row) => ({
        workers,
        eventsPerSecond: spread((runs[row] ?? []).map(({ seconds }) => events / seconds)),
        cpuSecondsPerMillionEvents: spread((runs[row] ?? []).map(({ cpuSeconds }) => (cpuSeconds * 1e6) / events)),
        peakMegabytes: spread((runs[row] ?? []).map(({ peakMegabytes }) => peakMegabytes))
      }))
      const ratio = (figure: (result: (typeof results)[number]) => Spread) => {
        const [one, two] = results.map((result) => figure(result).median)
        return (two ?? 0) / (one ?? 1)
      }
      const speedUp = ratio((result) => result.eventsPerSecond)
      const cpu = ratio((result) => result.cpuSecondsPerMillionEvents)
      const verdicts = [
        within("CPU of an event with two workers beside one", cpu, CPU_TOLERANCE),
        ...(availableParallelism() < MIN_CORES
          ? []
          : [atLeast("Events a second of two workers beside one", speedUp, MIN_SPEED_UP)])
      ]
      console.error(`\n${shape.name}: ${objects} ${shape.description}`)
      table([
        ["workers", "events/s", "CPU s/M events", "peak MB"],
        ...results.map(({ workers, ...figures }) => [
          String(workers),
          figures.eventsPerSecond.median.toFixed(0),
          figures.cpuSecondsPerMillionEvents.median.toFixed(2),
          figures.peakMegabytes.median.toFixed(0)
        ])
      ])
      console.error(
        `Two workers beside one: ${speedUp.toFixed(2)} times the events, ${cpu.toFixed(2)} times the CPU of each`
      )
      say(verdicts)
      emit({ shape: shape.name, results, speedUp, cpu, verdicts })
    }
  })
