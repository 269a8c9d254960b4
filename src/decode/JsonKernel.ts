/**
 * The innermost loop of all JSON in WebAssembly: most bytes are looked at sixty-four at a time, where JavaScript looks at each.
 */
import { PAGE_BYTES, startKernel } from "../startKernel.ts"
import { jsonKernel } from "./jsonKernel.wasm.ts"

/** Where a scan stands. **Shape** `openings` are the brackets that are open, from the outermost on, down to the levels that are compared. */
export interface ScanState {
  depth: number
  isInString: boolean
  openings: Uint8Array
  status: "open" | "complete" | "broken"
}

/** The loop, with memory of its own, for all who scan in this thread. */
export interface JsonKernel {
  /**
   * Goes on from `at` to the end of the value, to the bracket that breaks it, or to the end of `bytes`, and answers how far it came: one
   * further than `bytes` where a backslash at their end escapes what comes next.
   *
   * **Shape** Of a value that begins with a bracket. What stands in `bytes` stays the same for as long as the same view is given.
   */
  readonly scan: (bytes: Uint8Array, at: number, state: ScanState) => number
}

/** Brackets are compared in kind down to this level, and only counted below it, so that memory is constant. */
export const MAX_COMPARED_LEVELS = 1024

/** Bytes that are copied in at a time: what a decoder is given, as a rule. */
const WINDOW_BYTES = 1024 * 1024

const STATE_AT = PAGE_BYTES
const OPENINGS_AT = STATE_AT + 16
const WINDOW_AT = OPENINGS_AT + MAX_COMPARED_LEVELS

const statuses = ["open", "complete", "broken"] as const

/** Starts the loop. Nothing where the engine has no WebAssembly, or none with SIMD. */
export const make = (): JsonKernel | undefined => {
  const kernel = startKernel(jsonKernel, ["scan"], WINDOW_AT + WINDOW_BYTES)
  if (kernel === undefined) return undefined
  const { functions, memory } = kernel
  const words = new Uint32Array(memory, STATE_AT, 3)
  const openings = new Uint8Array(memory, OPENINGS_AT, MAX_COMPARED_LEVELS)
  const window = new Uint8Array(memory, WINDOW_AT, WINDOW_BYTES)

  /** What lies in the window: a part of `present`. */
  let present: Uint8Array | undefined
  let start = 0
  let end = 0

  const moveWindow = (bytes: Uint8Array, at: number) => {
    present = bytes
    start = at
    end = Math.min(at + WINDOW_BYTES, bytes.length)
    window.set(bytes.subarray(start, end))
  }

  return {
    scan: (bytes, from, state) => {
      // Most values begin here, and a view of nothing is garbage as any other.
      if (state.depth > 0) openings.set(state.openings.subarray(0, state.depth))
      words[0] = state.depth
      words[1] = state.isInString ? 1 : 0
      let at = from
      do {
        if (bytes !== present || at < start || at >= end) moveWindow(bytes, at)
        at = start + functions.scan(WINDOW_AT + at - start, WINDOW_AT + end - start, STATE_AT, OPENINGS_AT) - WINDOW_AT
      } while (words[2] === 0 && at < bytes.length)
      state.status = statuses[words[2] ?? 0] ?? "open"
      state.depth = words[0] ?? 0
      state.isInString = words[1] === 1
      if (state.status === "open") {
        const levels = Math.min(state.depth, MAX_COMPARED_LEVELS)
        if (levels > state.openings.length) state.openings = new Uint8Array(MAX_COMPARED_LEVELS)
        state.openings.set(openings.subarray(0, levels))
      }
      return at
    }
  }
}
