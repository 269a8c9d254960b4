/**
 * DEFLATE for what is small, in WebAssembly: zlib's engine takes longer to make than to run for an object of one event, and leaves more
 * behind for the engine to collect than all the rest of the object.
 */
import { PAGE_BYTES, startKernel } from "../startKernel.ts"
import { inflateKernel } from "./inflateKernel.wasm.ts"

/**
 * Decompresses what comes to `size` bytes. Nothing if it is damaged, or comes to another size.
 *
 * **Shape** Neither `deflated` nor `size` is more than `MAX_BYTES`. The result is memory of its own.
 *
 * **Source** RFC 1951.
 */
export type InflateKernel = (deflated: Uint8Array, size: number) => Uint8Array | undefined

/** Above it zlib is faster, which has a better inner loop. */
export const MAX_BYTES = 16 * 1024

/** As much is read and written behind the areas, or less. */
const SLACK_BYTES = 16

const INPUT_AT = PAGE_BYTES
const OUTPUT_AT = INPUT_AT + MAX_BYTES + SLACK_BYTES

/** Starts the loop. Nothing where the engine has no WebAssembly, or none with SIMD. */
export const make = (): InflateKernel | undefined => {
  const kernel = startKernel(inflateKernel, ["inflate"], OUTPUT_AT + MAX_BYTES + SLACK_BYTES)
  if (kernel === undefined) return undefined
  const { functions, memory } = kernel
  const input = new Uint8Array(memory, INPUT_AT, MAX_BYTES)
  const output = Buffer.from(memory, OUTPUT_AT, MAX_BYTES)

  return (deflated, size) => {
    input.set(deflated)
    const written = functions.inflate(INPUT_AT, INPUT_AT + deflated.length, OUTPUT_AT, OUTPUT_AT + size)
    if (written !== size) return undefined
    const bytes = Buffer.allocUnsafe(size)
    output.copy(bytes, 0, 0, size)
    return bytes
  }
}
