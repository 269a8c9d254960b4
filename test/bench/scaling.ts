/**
 * Whether time and memory stay in proportion from 10,000 to 1,000,000 tiny objects: nothing may cost more because of what was
 * read before.
 */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { atMost, type Bench, inWorkplace, say, table } from "./bench.ts"
import { type DaemonRun, runDaemon } from "./daemonRun.ts"
import { spread } from "./measure.ts"
import { openOutput } from "./outputs.ts"

const OBJECTS = [10_000, 100_000, 1_000_000]
const QUICK_OBJECTS = [2000, 4000, 8000]

/** An object may take so many times the time, and the process the memory, that it takes where there are ten times fewer. */
const MAX_RATIO = 1.15

/** A table and a line of JSON. */
export const run: Bench = (options, emit) =>
  inWorkplace(options, async ({ directory, server }) => {
    const rows = (options.isQuick ? QUICK_OBJECTS : OBJECTS).map((objects) => ({
      objects,
      runs: new Array<DaemonRun>()
    }))
    const shape = options.shapes?.[0] ?? "tiny"
    const output = options.outputs?.[0] ?? "file"
    for (let i = 0; i < (options.runs ?? 1); i++) {
      for (const { objects, runs } of rows) {
        await using destination = await openOutput(output, directory)
        runs.push(
          await runDaemon({
            ...options,
            keys: ["workers: 1", ...options.keys],
            server,
            destination,
            directory,
            shape,
            messages: objects
          })
        )
        await rm(join(directory, "events"), { recursive: true, force: true })
      }
    }
    const results = rows.map(({ objects, runs }) => ({
      objects,
      seconds: spread(runs.map(({ seconds }) => seconds)),
      cpuMicrosPerObject: spread(runs.map(({ cpuSeconds }) => (cpuSeconds * 1e6) / objects)),
      microsPerObject: spread(runs.map(({ seconds }) => (seconds * 1e6) / objects)),
      peakMegabytes: spread(runs.map(({ peakMegabytes }) => peakMegabytes)),
      rssMegabytesEachSecond: runs[0]?.rssMegabytes
    }))
    const [, few, many] = results
    const verdicts = [
      atMost(
        `CPU of one object of ${many?.objects} beside one of ${few?.objects}`,
        (many?.cpuMicrosPerObject.median ?? 0) / (few?.cpuMicrosPerObject.median ?? 0),
        MAX_RATIO
      ),
      atMost(
        `Time of one object of ${many?.objects} beside one of ${few?.objects}`,
        (many?.microsPerObject.median ?? 0) / (few?.microsPerObject.median ?? 0),
        MAX_RATIO
      ),
      atMost(
        `Peak resident set for ${many?.objects} objects beside that for ${few?.objects}`,
        (many?.peakMegabytes.median ?? 0) / (few?.peakMegabytes.median ?? 0),
        MAX_RATIO
      )
    ]
    table([
      ["objects", "seconds", "µs an object", "CPU µs an object", "peak MB"],
      ...results.map(({ objects, ...row }) => [
        String(objects),
        String(row.seconds.median),
        row.microsPerObject.median.toFixed(0),
        row.cpuMicrosPerObject.median.toFixed(0),
        row.peakMegabytes.median.toFixed(0)
      ])
    ])
    say(verdicts)
    emit({ shape, output, results, verdicts })
  })
