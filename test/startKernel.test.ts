import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as InflateKernel from "../src/decode/InflateKernel.ts"
import * as JsonKernel from "../src/decode/JsonKernel.ts"
import * as SlabKernel from "../src/encode/SlabKernel.ts"
import { inflateKernel } from "../src/decode/inflateKernel.wasm.ts"
import { PAGE_BYTES, startKernel } from "../src/startKernel.ts"
import { kernels, modulePath, wasmModule } from "./support/buildWasm.ts"

describe("the kernels", () => {
  it.each(kernels)("%s is what its source makes: npm run wasm writes it", async (kernel) => {
    assert.strictEqual(readFileSync(modulePath(kernel), "utf8"), await wasmModule(kernel))
  })

  it("start on this engine", () => {
    assert.isDefined(InflateKernel.make())
    assert.isDefined(JsonKernel.make())
    assert.isDefined(SlabKernel.make())
  })

  it("an engine that does not take a binary has none", () => {
    assert.isUndefined(startKernel(Buffer.from("no WebAssembly").toString("base64"), ["fill"], 1))
  })

  it("a binary that lacks one of the functions is none", () => {
    assert.isDefined(startKernel(inflateKernel, ["inflate"], PAGE_BYTES))
    assert.isUndefined(startKernel(inflateKernel, ["inflate", "deflate"], PAGE_BYTES))
  })
})
