import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import * as fc from "fast-check"
import * as BodyChecksum from "../../src/aws/BodyChecksum.ts"
import { crc32c, crc64Nvme } from "../../src/aws/Crc.ts"

const digits = Buffer.from("123456789")

const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64")

const mismatchOf = (headers: Record<string, string>, ...chunks: ReadonlyArray<Uint8Array>) => {
  const checksum = BodyChecksum.ofAnswer(headers)
  for (const chunk of chunks) checksum?.update(chunk)
  return checksum?.mismatch()
}

/** One bit after the other, as the definition has it. */
const bitByBit = (bits: bigint, polynomial: bigint, bytes: Uint8Array): string => {
  const ones = (1n << bits) - 1n
  let crc = ones
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
  }
  return base64((crc ^ ones).toString(16).padStart(Number(bits / 4n), "0"))
}

const nine = [
  ["crc64nvme", "ae8b14860a799888"],
  ["crc32", "cbf43926"],
  ["crc32c", "e3069283"],
  ["sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
  ["sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"]
] as const

describe("BodyChecksum", () => {
  it.each(nine)("the %s of 123456789 is what its standard says", (name, hex) => {
    const header = `x-amz-checksum-${name}`
    assert.isUndefined(mismatchOf({ [header]: base64(hex) }, digits))
    assert.include(mismatchOf({ [header]: base64(hex) }, digits, Buffer.of(0)), "Checksum mismatch")
  })

  it("a CRC is that of its definition, whatever the bytes, and wherever in memory they begin", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(15), (content, offset) => {
        const bytes = new Uint8Array(offset + content.length).subarray(offset)
        bytes.set(content)
        const crc64 = crc64Nvme()
        crc64.update(bytes)
        assert.strictEqual(crc64.digest(), bitByBit(64n, 0x9a6c_9329_ac4b_c9b5n, bytes))
        const crc32 = crc32c()
        crc32.update(bytes)
        assert.strictEqual(crc32.digest(), bitByBit(32n, 0x82f6_3b78n, bytes))
      })
    )
  })

  it("bytes are compared the same in whatever chunks they come", () => {
    const bytes = Buffer.alloc(1000, "the bytes of an object")
    const crc = crc64Nvme()
    crc.update(bytes)
    const castagnoli = crc32c()
    castagnoli.update(bytes)
    const value = Buffer.alloc(4)
    value.writeUInt32BE(crc32(bytes))
    const right: ReadonlyArray<Record<string, string>> = [
      { "x-amz-checksum-crc64nvme": crc.digest() },
      { "x-amz-checksum-crc32c": castagnoli.digest() },
      { "x-amz-checksum-crc32": value.toString("base64") },
      { "x-amz-checksum-sha1": createHash("sha1").update(bytes).digest("base64") },
      { "x-amz-checksum-sha256": createHash("sha256").update(bytes).digest("base64") }
    ]
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), fc.constantFrom(...right), (cuts, headers) => {
        const ends = [...cuts, bytes.length].toSorted((a, b) => a - b)
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        assert.isUndefined(mismatchOf(headers, ...chunks))
        const [header = ""] = Object.keys(headers)
        const wrong = { [header]: base64("00".repeat(Buffer.from(headers[header] ?? "", "base64").length)) }
        assert.isDefined(mismatchOf(wrong, ...chunks))
      })
    )
  })

  it.each([{}, { "x-amz-checksum-crc32": "AAAAAA==-3" }, { etag: '"0"', "x-amz-checksum-type": "COMPOSITE" }])(
    "of %j nothing is compared: it says nothing of the body as a whole",
    (headers) => {
      assert.isUndefined(BodyChecksum.ofAnswer(headers))
    }
  )
})
