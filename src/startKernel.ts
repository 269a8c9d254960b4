/**
 * WebAssembly, for the few loops that look at every byte.
 */

/** The part of WebAssembly that is used here: TypeScript knows it among the browser's globals alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (binary: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly [name: string]: unknown } }
}

/** A function of a kernel. Everything is a number: positions and lengths in its memory, and what it answers. */
export type KernelFunction = (...numbers: ReadonlyArray<number>) => number

/** A kernel that runs: its memory, which never grows, and its function. */
export interface Kernel {
  readonly memory: ArrayBuffer
  readonly run: KernelFunction
}

/** **Units** Bytes. Memory comes in pages; the first is the kernel's own. */
export const PAGE_BYTES = 64 * 1024

/**
 * Starts the kernel whose binary, in Base64, exports `name`, with so many bytes of memory.
 *
 * **Shape** Undefined where the engine has no WebAssembly, or none with SIMD: whoever asks has a loop in JavaScript as well.
 */
export const startKernel = (binary: string, name: string, bytes: number): Kernel | undefined => {
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) })
    const module = new WebAssembly.Module(Buffer.from(binary, "base64"))
    const { [name]: run } = new WebAssembly.Instance(module, { env: { memory } }).exports
    return isFunction(run) ? { memory: memory.buffer, run } : undefined
  } catch {
    return undefined
  }
}

const isFunction = (value: unknown): value is KernelFunction => typeof value === "function"
