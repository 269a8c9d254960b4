/**
 * WebAssembly, for the few loops that look at every byte.
 */

/** The part of WebAssembly that is used here: TypeScript knows it among the browser's globals alone. */
declare const WebAssembly: {
  readonly Memory: new (size: MemorySize) => { readonly buffer: ArrayBufferLike }
  readonly Module: new (binary: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly [name: string]: unknown } }
}

interface MemorySize {
  readonly initial: number
  readonly maximum: number
  readonly shared: boolean
}

/** A function of a kernel. Everything is a number: positions and lengths in its memory, and what it answers. */
export type KernelFunction = (...numbers: ReadonlyArray<number>) => number

/** A kernel that runs: its memory, which never grows, and its functions. */
export interface Kernel<Name extends string> {
  readonly memory: ArrayBufferLike
  readonly functions: { readonly [N in Name]: KernelFunction }
}

/** **Units** Bytes. Memory comes in pages; the first is the kernel's own. */
export const PAGE_BYTES = 64 * 1024

/**
 * Starts the kernel whose binary, in Base64, exports the functions of these names, with so many bytes of memory.
 *
 * **Shape** `isShared` is memory that other threads see as well, of which the binary has to know. Undefined where the engine has no WebAssembly, or none with SIMD: whoever asks has a loop in JavaScript as well.
 */
export const startKernel = <Name extends string>(
  binary: string,
  names: ReadonlyArray<Name>,
  bytes: number,
  isShared = false
): Kernel<Name> | undefined => {
  try {
    const pages = Math.ceil(bytes / PAGE_BYTES)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared })
    const module = new WebAssembly.Module(Buffer.from(binary, "base64"))
    const { exports } = new WebAssembly.Instance(module, { env: { memory } })
    return hasAll(exports, names) ? { memory: memory.buffer, functions: exports } : undefined
  } catch {
    return undefined
  }
}

const hasAll = <Name extends string>(
  exports: { readonly [name: string]: unknown },
  names: ReadonlyArray<Name>
): exports is { readonly [N in Name]: KernelFunction } => names.every((name) => typeof exports[name] === "function")
