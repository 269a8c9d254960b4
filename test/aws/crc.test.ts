import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { CASTAGNOLI, crc32c, crc64Nvme, crcOf, NVME } from "../../src/aws/Crc.ts"
import type { Digest } from "../../src/aws/BodyChecksum.ts"

const inJavaScript = crcOf(64, NVME, () => undefined)
const crc32cInJavaScript = crcOf(32, CASTAGNOLI, () => undefined)

const digestOf = (digest: Digest, ...chunks: ReadonlyArray<Uint8Array>) => {
  for (const chunk of chunks) digest.update(chunk)
  return digest.digest()
}

const base64 = (hexadecimal: string) => Buffer.from(hexadecimal, "hex").toString("base64")

describe("Crc", () => {
  it("the standard's own example has the standard's own checksum", () => {
    const example = Buffer.from("123456789")
    assert.strictEqual(digestOf(crc64Nvme(), example), base64("ae8b14860a799888"))
    assert.strictEqual(digestOf(inJavaScript(), example), base64("ae8b14860a799888"))
    assert.strictEqual(digestOf(crc32c(), example), base64("e3069283"))
  })

  it("WebAssembly and JavaScript come to the same, however the bytes are cut", () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(fc.array(bytes), (chunks) => {
        const expected = digestOf(inJavaScript(), Buffer.concat(chunks))
        assert.strictEqual(digestOf(inJavaScript(), ...chunks), expected)
        assert.strictEqual(digestOf(crc64Nvme(), ...chunks), expected)
        assert.strictEqual(digestOf(crc32c(), ...chunks), digestOf(crc32cInJavaScript(), ...chunks))
      })
    )
  })

  it("more than the kernel has room for is taken in part by part, also beside another checksum", () => {
    const large = Buffer.from(Array.from({ length: 200_003 }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
    const [one, other] = [crc64Nvme(), crc64Nvme()]
    one.update(large.subarray(0, 100_001))
    other.update(large.subarray(0, 7))
    one.update(large.subarray(100_001))
    assert.strictEqual(one.digest(), digestOf(inJavaScript(), large))
    assert.strictEqual(other.digest(), digestOf(inJavaScript(), large.subarray(0, 7)))
  })
})
