/**
 * How V8 spends memory and time, for a process that does nothing but read and ship logs.
 */
import { setFlagsFromString } from "node:v8"

/**
 * Sets the flags of V8 that pay for a daemon; `npm run bench` is where that was measured. A V8 that does not know one of them
 * goes on without it.
 */
export const tuneEngine = (): void => {
  // Memory outside the heap, where all logs are, counts towards the heap's own limit. By default the whole heap is collected for
  // every 64 MB of it, which took a third of the CPU.
  setFlagsFromString("--external-memory-accounted-in-global-limit")
  // What lives on is code and little else, so the heap need not grow to several times that before it is collected.
  setFlagsFromString("--heap-growing-percent=50")
  // For threads that begin from now on: each has a heap of its own.
  setFlagsFromString("--max-semi-space-size=4")
}
