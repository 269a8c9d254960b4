import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { constants, deflateRawSync, inflateRawSync } from "node:zlib"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"

const kernel = InflateKernel.make()

const inflate = (deflated: Uint8Array, size: number) => {
  assert.isDefined(kernel)
  return kernel(deflated, size)
}

/** From what has all codes of one length to what has some of fifteen bits. */
const skewed = fc
  .tuple(fc.uint8Array({ maxLength: 4000, size: "max" }), fc.constantFrom(1, 2, 16, 256))
  .map(([bytes, letters]) => bytes.map((byte) => ((byte * byte) >> 8) % letters))

/** What repeats itself after a few bytes. */
const periodic = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 40, size: "max" }), fc.nat(4000))
  .map(([unit, length]) => new Uint8Array(length).map((_, i) => unit[i % unit.length] ?? 0))

const bytes = fc.array(fc.oneof(skewed, periodic), { maxLength: 4 }).map((parts) => Buffer.concat(parts))

const options = fc.record({
  level: fc.nat(9),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FIXED,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE
  )
})

/** What zlib makes of all of the bytes, if it takes all of them. */
const byZlib = (deflated: Uint8Array): Uint8Array | undefined => {
  try {
    const { buffer, engine } = inflateRawSync(deflated, { info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    return engine.bytesWritten === deflated.length ? buffer : undefined
  } catch {
    return undefined
  }
}

describe("InflateKernel", () => {
  it("whatever was compressed, and however, is what it was", () => {
    fc.assert(
      fc.property(bytes, options, (bytes, options) => {
        const deflated = deflateRawSync(bytes, options)
        fc.pre(Math.max(deflated.length, bytes.length) <= InflateKernel.MAX_BYTES)
        assert.deepStrictEqual(inflate(deflated, bytes.length), bytes)
        assert.isUndefined(inflate(deflated, bytes.length + 1))
        if (bytes.length > 0) assert.isUndefined(inflate(deflated, bytes.length - 1))
      }),
      { numRuns: 500 }
    )
  })

  it("what is damaged, ends early or has something behind it is what zlib makes of it, or nothing", () => {
    const damage = fc.tuple(fc.nat(), fc.nat(7), fc.option(fc.nat()), fc.uint8Array({ maxLength: 2 }))
    fc.assert(
      fc.property(bytes, options, damage, (bytes, options, [at, bit, end, more]) => {
        const whole = deflateRawSync(bytes, options)
        const deflated = Buffer.concat([whole.subarray(0, end === null ? undefined : end % (whole.length + 1)), more])
        if (deflated.length > 0) deflated[at % deflated.length] = (deflated[at % deflated.length] ?? 0) ^ (1 << bit)
        const expected = byZlib(deflated)
        const size = expected?.length ?? bytes.length
        fc.pre(Math.max(deflated.length, size) <= InflateKernel.MAX_BYTES)
        assert.deepStrictEqual(inflate(deflated, size), expected)
      }),
      { numRuns: 2000 }
    )
  })

  it.each([constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY])(
    "what comes to far more than it says is nothing, by strategy %i",
    (strategy) => {
      const deflated = deflateRawSync(Buffer.alloc(100_000), { strategy })
      for (const size of [0, 1, InflateKernel.MAX_BYTES]) assert.isUndefined(inflate(deflated, size))
    }
  )

  it("what any bytes make of its memory makes no difference to what comes next", () => {
    const text = Buffer.from("the same again, ".repeat(50))
    const deflated = deflateRawSync(text)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(InflateKernel.MAX_BYTES), (bytes, size) => {
        inflate(bytes, size)
        assert.deepStrictEqual(inflate(deflated, text.length), text)
      }),
      { numRuns: 2000 }
    )
  })
})
