/**
 * Logs to upload, of every kind and size that makes a difference, and the same for the same numbers.
 */
import { gunzipSync, gzipSync } from "node:zlib"
import type { Pseudorandom } from "../../src/demo/Pseudorandom.ts"
import { sampleLog } from "../../src/demo/sampleLogs.ts"

/** An object, and what the ledger must know of it. */
export interface RandomLog {
  readonly key: string
  readonly bytes: Uint8Array
  readonly content: Uint8Array
  readonly records: ReadonlyArray<string>
}

const KINDS = ["CloudTrail", "VPC flow", "ALB", "NDJSON", "short lines"] as const
const LARGE_KINDS = ["large", "large, compressed"] as const

/** One in so many logs is large. */
const LARGE_ONE_IN = 24

/** So many lines make an object of some 2 MB, which comes in many chunks. */
const LARGE_LINES = 8_000

/** The `index`th log: no two have the same key. */
export const randomLog = (index: number, random: Pseudorandom): RandomLog => {
  const kind = random.int(LARGE_ONE_IN) === 0 ? random.pick(LARGE_KINDS) : random.pick(KINDS)
  switch (kind) {
    case "short lines":
      return linesLog(index, kind, 1 + random.int(20), random, false)
    case "large":
      return linesLog(index, kind, LARGE_LINES + random.int(100), random, false)
    case "large, compressed":
      return linesLog(index, kind, LARGE_LINES + random.int(100), random, true)
    default: {
      const { bytes, key, records } = sampleLog(kind, index, random)
      const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
      return { key: `${index}/${key}`, bytes, content: isCompressed ? gunzipSync(bytes) : bytes, records }
    }
  }
}

const linesLog = (
  index: number,
  kind: string,
  count: number,
  random: Pseudorandom,
  isCompressed: boolean
): RandomLog => {
  const filler = random.hex(192)
  const records = Array.from(
    { length: count },
    (_, i) => `${index} ${kind} line ${i} größe ${random.hex(8)} ${filler.slice(random.int(128))}`
  )
  const content = Buffer.from(records.map((record) => `${record}\n`).join(""))
  return {
    key: `${index}/${kind}.log`,
    bytes: isCompressed ? gzipSync(content, { level: 1 }) : content,
    content,
    records
  }
}
