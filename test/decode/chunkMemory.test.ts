import { assert, describe, it } from "@effect/vitest"
import * as ChunkMemory from "../../src/decode/ChunkMemory.ts"
import { freeMemory } from "../../src/domain/freeMemory.ts"

const chunkOf = (length: number) => Buffer.allocUnsafeSlow(length)

describe("ChunkMemory", () => {
  it("frees what it owns, and nothing else", () => {
    const memory = ChunkMemory.make()
    const [owned, foreign] = [memory.own(chunkOf(100)), chunkOf(100)]
    memory.free(owned)
    memory.free(foreign)
    assert.deepStrictEqual([owned.length, foreign.length], [0, 100])
  })

  it("keeps memory in which the next chunk lies, until that is done with, too", () => {
    const memory = ChunkMemory.make()
    const whole = chunkOf(100)
    const [first, second] = [memory.own(whole.subarray(0, 50)), memory.own(whole.subarray(50))]
    memory.free(first, second)
    assert.strictEqual(first.length, 50)
    memory.free(second, chunkOf(1))
    assert.strictEqual(whole.length, 0)
  })

  it("keeps memory that is still written to, though the next chunk is a copy", () => {
    const memory = ChunkMemory.make()
    const whole = chunkOf(100)
    const first = memory.ownGrowing(whole.subarray(0, 50))
    memory.ownGrowing(whole.subarray(50, 51))
    memory.free(first, memory.own(chunkOf(2)))
    assert.strictEqual(whole.length, 100)
    memory.ownGrowing(chunkOf(100))
    memory.free(first, chunkOf(1))
    assert.strictEqual(whole.length, 0)
  })
})

describe("freeMemory", () => {
  it("frees all of the memory in which the bytes lie, once", () => {
    const whole = chunkOf(100)
    freeMemory(whole.subarray(50))
    assert.strictEqual(whole.length, 0)
    freeMemory(whole)
  })

  it("leaves memory alone that Node shares out, or threads", () => {
    const [pooled, shared] = [Buffer.from("one"), new Uint8Array(new SharedArrayBuffer(3))]
    freeMemory(pooled)
    freeMemory(shared)
    assert.deepStrictEqual([pooled.toString(), shared.length], ["one", 3])
  })
})
