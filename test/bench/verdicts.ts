/**
 * What s3beat promises of its speed, as ratios within one run of the benchmark.
 */
import { atLeast, atMost, type Verdict } from "./bench.ts"
import type { Floor } from "./floors.ts"
import type { Spread } from "./measure.ts"
import type { Figures } from "./pipeline.ts"

/** The promises about a shape, for as far as this run measured what they speak of. */
export const verdictsOf = (
  shape: string,
  figures: ReadonlyMap<string, Figures>,
  floors: ReadonlyMap<Floor, Spread>
): ReadonlyArray<Verdict> => {
  const toFile = figures.get("file")
  const cpu = toFile?.cpuSeconds.median
  const floor = (name: Floor) => floors.get(name)?.median ?? Number.NaN
  const floorOfAll = floor("gunzip") + floor("bareSdk")
  const anyOutput = [...figures.values()]
  const peak = Math.max(...anyOutput.map(({ peakMegabytes }) => peakMegabytes.median))
  switch (shape) {
    case "cloudtrail":
    case "vpcflow":
    case "ndjson":
      return cpu === undefined
        ? []
        : [atMost("CPU beside gunzip + byte pass + write + bare SDK GETs", cpu / floorOfAll, 1.5)]
    case "tiny":
      return [
        ...(cpu === undefined
          ? []
          : [
              atMost("CPU beside the cheapest GETs of the SDK", cpu / floor("cheapestSdk"), 1.3),
              atLeast("CPU of the naive loop beside ours", floor("naive") / cpu, 3)
            ]),
        atMost(
          "SQS calls for a thousand messages",
          Math.max(...anyOutput.map((row) => row.callsPerThousand.all.median)),
          250
        )
      ]
    case "giant":
      return [atMost("Megabytes of peak resident set", peak, 256)]
    case "mixed":
      return [atMost("Megabytes of peak resident set", peak, 512)]
    default:
      return []
  }
}
