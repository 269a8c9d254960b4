/**
 * Small objects that stand for large ones, made without ever holding the large ones.
 */
import { gzipSync } from "node:zlib"

const MiB = 1024 * 1024

/** The most bytes that a block of zstd stands for. **Source** RFC 8878, 3.1.1.2. */
const ZSTD_BLOCK = 128 * 1024

/** So many bytes of nothing as one frame of zstd, four bytes for every 128 KiB of them. **Source** RFC 8878, 3.1.1. */
export const zstdBomb = (bytes: number): Buffer => {
  const blocks = Math.ceil(bytes / ZSTD_BLOCK)
  // Magic number; a descriptor with neither size nor checksum; a window of 1 MiB.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])
  const body = Buffer.alloc(4 * blocks)
  for (let i = 0; i < blocks; i++) {
    const isLast = i === blocks - 1 ? 1 : 0
    body.writeUIntLE(isLast | (RUN_OF_ONE_BYTE << 1) | (ZSTD_BLOCK << 3), 4 * i, 3)
  }
  return Buffer.concat([head, body])
}

const RUN_OF_ONE_BYTE = 1

/** So many MiB of one byte as members of gzip, one KiB for every MiB of them. */
export const gzipBomb = (mebibytes: number, byte = 0): Buffer => {
  const member = gzipSync(Buffer.alloc(MiB, byte), { level: 9 })
  return Buffer.concat(Array.from({ length: mebibytes }, () => member))
}
