/**
 * `npm run wasm`: makes `src/encode/slabKernel.wasm.ts` of `src/encode/slabKernel.as`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { main as asc } from "assemblyscript/asc"

const FOLDER = join(import.meta.dirname, "../../src/encode")

/** The text of the module that holds the binary. */
export const wasmModule = async (): Promise<string> => {
  const source = readFileSync(join(FOLDER, "slabKernel.as"), "utf8")
  let binary: Uint8Array = new Uint8Array(0)
  const { error, stderr } = await asc(
    [
      "slabKernel.ts",
      "--outFile=slabKernel.wasm",
      "-O3",
      "--noAssert",
      "--runtime=stub",
      "--importMemory",
      "--enable=simd",
      "--enable=bulk-memory"
    ],
    {
      readFile: (name) => (name === "slabKernel.ts" ? source : null),
      writeFile: (_, contents) => {
        if (typeof contents !== "string") binary = contents
      }
    }
  )
  if (error !== null) throw new Error(stderr.toString())
  return `/**
 * The binary of \`slabKernel.as\`, in Base64. Made by \`npm run wasm\`.
 */

/** WebAssembly with SIMD, some ${Math.ceil(binary.length / 100) * 100} bytes; \`SlabKernel.ts\` knows what it imports and exports. */
export const slabKernel =
  "${Buffer.from(binary).toString("base64")}"
`
}

if (import.meta.main) writeFileSync(join(FOLDER, "slabKernel.wasm.ts"), await wasmModule())
