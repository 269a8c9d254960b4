/**
 * The cyclic redundancy checks of S3 that Node does not have, many bytes at a time ("slicing").
 *
 * **Source** M. E. Kounavis, F. L. Berry: A Systematic Approach to Building High Performance Software-Based CRC Generators (2005);
 * NVM Express NVM Command Set Specification 1.0, 5.2.1.3.4; RFC 3720, B.4.
 */
import type { Digest } from "./BodyChecksum.ts"
import * as CrcKernel from "./CrcKernel.ts"

/**
 * Begins a CRC whose polynomial, its bits reversed, is at most so many bits long.
 *
 * **Shape** `makeKernel` is asked once, when the first CRC begins; without a kernel it goes on in JavaScript.
 */
export const crcOf = (bits: 32 | 64, polynomial: bigint, makeKernel = CrcKernel.make): (() => Digest) => {
  let advance: CrcKernel.Advance | undefined
  const begin = () => {
    const remainders = remaindersOf(polynomial)
    return makeKernel(remainders) ?? advanceBy(remainders)
  }

  return () => {
    const take = (advance ??= begin())
    const state: CrcKernel.CrcState = { upper: bits === 64 ? -1 : 0, lower: -1 }
    return {
      update: (bytes) => take(state, bytes),
      digest: () => {
        const digest = Buffer.allocUnsafe(8)
        digest.writeInt32BE(~state.upper)
        digest.writeInt32BE(~state.lower, 4)
        return digest.toString("base64", 8 - bits / 8)
      }
    }
  }
}

const advanceBy =
  ({ lower: L, upper: U }: CrcKernel.Remainders): CrcKernel.Advance =>
  (state, bytes) => {
    // Locals: what an object holds would be written to memory at each step.
    let { lower: low, upper: high } = state
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    for (const end = bytes.byteLength - 7; at < end; at += 8) {
      const a = low ^ view.getInt32(at, true)
      const b = high ^ view.getInt32(at + 4, true)
      const a0 = 0x700 | (a & 0xff)
      const a1 = 0x600 | ((a >>> 8) & 0xff)
      const a2 = 0x500 | ((a >>> 16) & 0xff)
      const a3 = 0x400 | (a >>> 24)
      const b0 = 0x300 | (b & 0xff)
      const b1 = 0x200 | ((b >>> 8) & 0xff)
      const b2 = 0x100 | ((b >>> 16) & 0xff)
      const b3 = b >>> 24
      low =
        (L[a0] ?? 0) ^
        (L[a1] ?? 0) ^
        (L[a2] ?? 0) ^
        (L[a3] ?? 0) ^
        (L[b0] ?? 0) ^
        (L[b1] ?? 0) ^
        (L[b2] ?? 0) ^
        (L[b3] ?? 0)
      high =
        (U[a0] ?? 0) ^
        (U[a1] ?? 0) ^
        (U[a2] ?? 0) ^
        (U[a3] ?? 0) ^
        (U[b0] ?? 0) ^
        (U[b1] ?? 0) ^
        (U[b2] ?? 0) ^
        (U[b3] ?? 0)
    }
    for (; at < bytes.byteLength; at++) {
      const entry = (low ^ view.getUint8(at)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (L[entry] ?? 0)
      high = (high >>> 8) ^ (U[entry] ?? 0)
    }
    state.upper = high
    state.lower = low
  }

/** The upper and the lower 32 bits apart, because integers of 32 bits are what JavaScript is fast at. */
const remaindersOf = (polynomial: bigint): CrcKernel.Remainders => {
  const upper = new Int32Array(16 * 256)
  const lower = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte)
    for (let entry = byte; entry < lower.length; entry += 256) {
      for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
      upper[entry] = Number(BigInt.asIntN(32, crc >> 32n))
      lower[entry] = Number(BigInt.asIntN(32, crc))
    }
  }
  return { upper, lower }
}

/** That of CRC-64/NVME. */
export const NVME = 0x9a6c_9329_ac4b_c9b5n

/** CRC-64/NVME, which S3 computes of every object that is uploaded without a checksum. */
export const crc64Nvme = crcOf(64, NVME)

/** That of CRC-32C. */
export const CASTAGNOLI = 0x82f6_3b78n

/** CRC-32C, which those choose who have it in hardware. */
export const crc32c = crcOf(32, CASTAGNOLI)
