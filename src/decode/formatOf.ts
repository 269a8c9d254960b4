import type { Format as Compressed } from "./Inflater.ts"

/** How an object is stored. */
export type Format = Compressed | "plain"

/** How many bytes `formatOf` looks at. */
export const MAGIC_BYTES = 4

/** How what begins with these bytes is stored. */
export const formatOf = (head: Uint8Array): Format => {
  const [a = 0, b = 0, c = 0, d = 0] = head
  if (a === 0x1f && b === 0x8b) return "gzip"
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd"
  // A skippable frame, with which parallel compressors begin.
  if ((a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return "zstd"
  return "plain"
}
