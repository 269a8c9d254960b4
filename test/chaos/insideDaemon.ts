/**
 * Loaded into a daemon before the program (`node --import`), and into each of its threads: sets its wall clock as its parent says, and tells how
 * it fares.
 * Time that is measured, as sleeps are, goes on as it does on a machine whose clock is set.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { queryObjects } from "node:v8"
import { BroadcastChannel, getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads"

/** What the parent asks for. **Units** milliseconds. */
export type Order =
  | { readonly _tag: "SetClock"; readonly offset: number }
  | { readonly _tag: "Sample" }
  | { readonly _tag: "CountFibers" }

/** How the process fares. **Shape** `fibers` as they were counted last. **Units** bytes, and milliseconds of delay since the last sample. */
export interface Sample {
  readonly fibers?: number
  readonly heapBytes: number
  readonly timers: number
  readonly sockets: number
  readonly loopDelay: number
}

/** By this name threads that are still to come are told of the clock, and those that are there are told of each change. */
const CLOCK = "s3beat-chaos-clock"

let offset = Number(getEnvironmentData(CLOCK) ?? 0)
const realNow = Date.now
const shiftedNow = () => realNow() + offset

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  get: (target, property, receiver) => (property === "now" ? shiftedNow : Reflect.get(target, property, receiver))
})

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

let fibers: number | undefined

/** Those that anything still holds on to, whether they run or not. Collects the whole heap, so it is not for every sample. */
const countFibers = async () => {
  const { Effect } = await import("effect")
  const { constructor } = Effect.runFork(Effect.void)
  fibers = queryObjects(constructor, { format: "count" })
}

const sample = (): Sample => {
  const resources = process.getActiveResourcesInfo()
  const taken = {
    heapBytes: process.memoryUsage().heapUsed,
    timers: resources.filter((name) => name === "Timeout").length,
    sockets: resources.filter((name) => name === "TCPSocketWrap").length,
    loopDelay: delay.percentile(99) / 1e6,
    ...(fibers === undefined ? undefined : { fibers })
  }
  delay.reset()
  return taken
}

const clock = new BroadcastChannel(CLOCK)
clock.unref()

if (isMainThread) {
  process.on("message", (order: Order) => {
    if (order._tag === "Sample") return void process.send?.(sample())
    if (order._tag === "CountFibers") return void countFibers()
    offset = order.offset
    setEnvironmentData(CLOCK, offset)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
    clock.postMessage(offset)
  })

  // Whoever started it is gone without a word: nobody would ever stop it.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"))

  process.channel?.unref()
} else {
  clock.addEventListener("message", (event) => {
    if (event instanceof MessageEvent) offset = Number(event.data)
  })
}
