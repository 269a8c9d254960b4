/**
 * `npm run wasm`: makes the binary of each kernel of its source, as `src/encode/slabKernel.wasm.ts` of `src/encode/slabKernel.as`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { main as asc } from "assemblyscript/asc"

const SRC = join(import.meta.dirname, "../../src")

/** The sources, without their endings. */
export const kernels = ["encode/slabKernel", "decode/jsonKernel", "decode/inflateKernel", "aws/crcKernel"] as const

export type KernelName = (typeof kernels)[number]

/** Those whose memory other threads see, and how many pages of it they can do with. */
const shared: ReadonlyMap<KernelName, number> = new Map([["encode/slabKernel", 1024]])

/** Where the module of a kernel is. */
export const modulePath = (kernel: KernelName): string => join(SRC, `${kernel}.wasm.ts`)

/** The text of the module that holds the binary. */
export const wasmModule = async (kernel: KernelName): Promise<string> => {
  const source = readFileSync(join(SRC, `${kernel}.as`), "utf8")
  const name = basename(kernel)
  const pages = shared.get(kernel)
  let binary: Uint8Array = new Uint8Array(0)
  const { error, stderr } = await asc(
    [
      `${name}.ts`,
      `--outFile=${name}.wasm`,
      "-O3",
      "--noAssert",
      "--runtime=stub",
      "--importMemory",
      "--zeroFilledMemory",
      "--enable=simd",
      "--enable=bulk-memory",
      ...(pages === undefined ? [] : ["--enable=threads", "--sharedMemory", `--maximumMemory=${pages}`])
    ],
    {
      readFile: (file) => (file === `${name}.ts` ? source : null),
      writeFile: (_, contents) => {
        if (typeof contents !== "string") binary = contents
      }
    }
  )
  if (error !== null) throw new Error(stderr.toString())
  const knows = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  return `/**
 * The binary of \`${name}.as\`, in Base64. Made by \`npm run wasm\`.
 */

/** WebAssembly with SIMD, some ${Math.ceil(binary.length / 100) * 100} bytes; \`${knows}.ts\` knows what it imports and exports. */
export const ${name} =
  "${Buffer.from(binary).toString("base64")}"
`
}

if (import.meta.main) {
  for (const kernel of kernels) writeFileSync(modulePath(kernel), await wasmModule(kernel))
}
