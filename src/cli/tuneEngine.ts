/**
 * How V8 spends memory and time, for a process that does nothing but read and ship logs.
 */
import { availableParallelism } from "node:os"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** The first V8 that was tried; an older one may not know a flag, and would say so on stderr. */
const FIRST_V8 = 14

/** Sets the flags of V8 that pay for a daemon, as `npm run bench` measures it. */
export const tuneEngine = (): void => {
  // Memory outside the heap, where all logs are, counts towards the heap's own limit. By default the whole heap is collected for
  // every 64 MB of it, which took a third of the CPU.
  setFlag("--external-memory-accounted-in-global-limit")
  // What lives on is code and little else, so the heap need not grow to several times that before it is collected.
  setFlag("--heap-growing-percent=50")
}

/**
 * The same for a process of so many workers, before the first of them begins: each has a heap of its own, with all code once more, so
 * what a heap may hold of garbage is held as often as there are workers. Two have twice the room for young objects that one is advised
 * to have: each of them keeps as many objects in flight as one does, at half the rate, and a minor GC copies them all. Small objects
 * take a tenth more in half of it, and a third more in the smallest heaps. The buffers of larger ones wait for those GCs, which are
 * rarer, and their bytes count towards the limit of the heap: it may grow further before it is collected.
 */
export const tuneThreads = (workers: number): void => {
  const isFew = workers <= 2
  setFlag(`--max-semi-space-size=${isFew ? 32 : 2}`)
  setFlag(`--heap-growing-percent=${isFew ? 100 : 15}`)
  // Where every core has a worker, none is left for threads that would help a minor GC: they only take turns with it.
  if (workers >= availableParallelism()) setFlag("--no-parallel-scavenge")
  giveBackStart()
}

/**
 * Gives back the memory that this thread needed to start, 30 MB of it, most of that room for young objects: from now on it does next to
 * nothing, and would never collect it. Only V8's last resort does that, and only this way leads to it from inside.
 */
const giveBackStart = () => {
  setFlag("--expose-gc")
  const collect: typeof globalThis.gc = runInNewContext("globalThis.gc")
  setFlag("--no-expose-gc")
  collect?.({ type: "major", flavor: "last-resort", execution: "sync" })
}

const setFlag = (flag: string) => {
  if (Number.parseInt(process.versions.v8, 10) >= FIRST_V8) setFlagsFromString(flag)
}
