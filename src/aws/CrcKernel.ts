/**
 * The loop of a CRC in WebAssembly, which has integers of 64 bits: it takes half as long as in JavaScript.
 */
import { PAGE_BYTES, startKernel } from "../startKernel.ts"
import { crcKernel } from "./crcKernel.wasm.ts"

/** A CRC so far, as two halves of 32 bits. */
export interface CrcState {
  upper: number
  lower: number
}

/** Takes bytes in. */
export type Advance = (state: CrcState, bytes: Uint8Array) => void

/** What each byte leaves: of byte `b` with `n` bytes behind it at `n * 256 + b`, up to fifteen, in halves of 32 bits. */
export interface Remainders {
  readonly upper: Int32Array
  readonly lower: Int32Array
}

const STATE_AT = PAGE_BYTES
const TABLES_AT = STATE_AT + 16
const WINDOW_AT = TABLES_AT + 16 * 256 * 8

/** Bytes that are copied in at a time: about what a socket brings. */
const WINDOW_BYTES = 64 * 1024

/** Starts the loop. Nothing where the engine has no WebAssembly. */
export const make = (remainders: Remainders): Advance | undefined => {
  const kernel = startKernel(crcKernel, ["advance"], WINDOW_AT + WINDOW_BYTES)
  if (kernel === undefined) return undefined
  const { functions, memory } = kernel
  const crc = new Int32Array(memory, STATE_AT, 2)
  const window = new Uint8Array(memory, WINDOW_AT, WINDOW_BYTES)
  const tables = new Int32Array(memory, TABLES_AT, 2 * remainders.lower.length)
  for (let i = 0; i < remainders.lower.length; i++) {
    tables[2 * i] = remainders.lower[i] ?? 0
    tables[2 * i + 1] = remainders.upper[i] ?? 0
  }

  return (state, bytes) => {
    crc[0] = state.lower
    crc[1] = state.upper
    for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
      const part = bytes.length <= WINDOW_BYTES ? bytes : bytes.subarray(at, at + WINDOW_BYTES)
      window.set(part)
      functions.advance(WINDOW_AT, WINDOW_AT + part.length, TABLES_AT, STATE_AT)
    }
    state.lower = crc[0]
    state.upper = crc[1]
  }
}
