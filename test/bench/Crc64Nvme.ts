/**
 * CRC-64/NVME, the checksum that S3 computes of every object that is uploaded without one.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */

/** A checksum that is being computed. **Shape** `digest` is Base64, as in S3's headers. */
export interface Crc64Nvme {
  readonly update: (bytes: Uint8Array) => void
  readonly digest: () => string
}

/** The polynomial, its bits reversed. */
const POLYNOMIAL = 0x9a6c9329ac4bc9b5n

const ONES = 0xffff_ffff

/** The remainder of each byte, the upper and the lower half apart: integers of 32 bits are fast. */
const remainders = () => {
  const upper = new Uint32Array(256)
  const lower = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n
    upper[byte] = Number(crc >> 32n)
    lower[byte] = Number(crc & BigInt(ONES))
  }
  return { upper, lower }
}

const table = remainders()

/** The checksum of nothing yet. */
export const make = (): Crc64Nvme => {
  let [upper, lower] = [ONES, ONES]
  return {
    update: (bytes) => {
      for (let i = 0; i < bytes.length; i++) {
        const entry = (lower ^ (bytes[i] ?? 0)) & 0xff
        lower = ((lower >>> 8) | (upper << 24)) ^ (table.lower[entry] ?? 0)
        upper = (upper >>> 8) ^ (table.upper[entry] ?? 0)
      }
    },
    digest: () => {
      const digest = Buffer.alloc(8)
      digest.writeUInt32BE((upper ^ ONES) >>> 0)
      digest.writeUInt32BE((lower ^ ONES) >>> 0, 4)
      return digest.toString("base64")
    }
  }
}
