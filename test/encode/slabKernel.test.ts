import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as SlabKernel from "../../src/encode/SlabKernel.ts"
import { wasmModule } from "../support/buildWasm.ts"

describe("the kernel of the encoder", () => {
  it("is what its source makes: npm run wasm writes it", async () => {
    const written = readFileSync(join(import.meta.dirname, "../../src/encode/slabKernel.wasm.ts"), "utf8")
    assert.strictEqual(written, await wasmModule())
  })

  it("starts on this engine", () => {
    assert.isDefined(SlabKernel.make())
  })
})
