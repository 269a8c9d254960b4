import { performance } from "node:perf_hooks"

/** Above this part of the time at work a thread has none to spare. */
const BUSY = 0.9

/** Answers whether this thread has been at work nearly all the time since it was asked last. */
export const watchThread = (): (() => boolean) => {
  let last = performance.eventLoopUtilization()
  return () => {
    const before = last
    last = performance.eventLoopUtilization()
    return performance.eventLoopUtilization(last, before).utilization > BUSY
  }
}
