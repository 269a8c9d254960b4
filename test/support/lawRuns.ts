/**
 * How often a law that lives in real time is tried, and from which seed.
 */
import type * as fc from "fast-check"

/** When trying and shrinking end, with what was found until then: before the test itself would be cut off. */
const LIMIT_MILLIS = 75_000

/**
 * So many runs from a seed of the day, which a failure prints; or as the environment says: `LAW_RUNS=100` to hunt,
 * `LAW_SEED=… LAW_PATH=…` to see a failure again.
 */
export const lawRuns = <T>(numRuns: number): fc.Parameters<T> => {
  const { LAW_PATH: path, LAW_RUNS: runs, LAW_SEED: seed } = process.env
  return {
    numRuns: Number(runs ?? numRuns),
    ...(seed === undefined ? undefined : { seed: Number(seed) }),
    ...(path === undefined ? undefined : { path }),
    ...(runs === undefined ? { interruptAfterTimeLimit: LIMIT_MILLIS, markInterruptAsFailure: true } : undefined)
  }
}

/** The limit of the test itself, in milliseconds. */
export const lawTimeout = process.env["LAW_RUNS"] === undefined ? 120_000 : 24 * 3_600_000
