import { assert, describe, it } from "@effect/vitest"
import { Slab } from "../../src/decode/Slab.ts"

describe("Slab", () => {
  it("a record that grows over many chunks moves to a larger buffer now and then, and not with each chunk", () => {
    const slab = new Slab()
    const buffers = new Set<unknown>()
    for (let i = 0; i < 1000; i++) {
      slab.append(new Uint8Array(100).fill(i))
      slab.take(0)
      buffers.add(slab.bytes.buffer)
    }
    assert.isBelow(buffers.size, 12)
    assert.deepStrictEqual(
      slab.bytes,
      Buffer.concat(Array.from({ length: 1000 }, (_, i) => new Uint8Array(100).fill(i)))
    )
  })

  it("what is kept of a chunk is viewed together with one that lies directly behind it, without a copy", () => {
    const bytes = Buffer.from("one,two,three,")
    const slab = new Slab()
    slab.append(bytes.subarray(0, 6))
    slab.take(4)
    slab.append(bytes.subarray(6))
    assert.strictEqual(slab.bytes.toString(), "two,three,")
    assert.strictEqual(slab.bytes.buffer, bytes.buffer)
  })

  it("after a carry, what is kept is viewed in the chunk again, if it lies there", () => {
    const chunk = Buffer.from("two,three,four,")
    const slab = new Slab()
    slab.append(new Uint8Array(Buffer.from("one,t")))
    slab.take(4)
    slab.append(chunk.subarray(0, 6))
    assert.strictEqual(slab.bytes.toString(), "ttwo,th")
    slab.take(5)
    slab.append(chunk.subarray(6))
    assert.strictEqual(slab.bytes.toString(), "three,four,")
    assert.strictEqual(slab.bytes.buffer, chunk.buffer)
  })

  it("a batch holds the bytes up to where they are kept, and each byte comes in one batch at most", () => {
    const slab = new Slab()
    slab.append(Buffer.from("one,two,thr"))
    slab.mark(0, 3, 100)
    slab.mark(4, 7, 100)
    const batch = slab.take(8)
    assert.strictEqual(Buffer.from(batch.bytes).toString(), "one,two,")
    slab.append(Buffer.from("ee"))
    slab.mark(0, 5, 100)
    const next = slab.take(5)
    assert.deepStrictEqual([Buffer.from(next.bytes).toString(), next.objectOffset], ["three", 8])
  })
})
