/**
 * A small object, decoded at once.
 */
import { freeMemory } from "../domain/freeMemory.ts"
import * as RecordBatch from "../domain/RecordBatch.ts"
import { type DecompressOptions, excessOf } from "./decompress.ts"
import { formatOf } from "./formatOf.ts"
import { gunzipWhole, SMALL_BYTES } from "./gunzipWhole.ts"
import type { InflateKernel } from "./InflateKernel.ts"
import { type RecordOptions, selectDecoder } from "./selectDecoder.ts"

/** All records of an object. **Shape** In their order, in batches of which none is empty. */
export interface WholeRecords {
  readonly batches: ReadonlyArray<RecordBatch.RecordBatch>
  /** Frees the memory in which the records lie, when nobody looks at them any more. */
  readonly free: () => void
}

/**
 * The records of the object whose bytes these are, all of them, if it is one that leaves nothing to be said. Anything else, what is
 * damaged or too large above all, is for the stages of `decodeObject` to look at closely: they give the same records, and say what is
 * wrong.
 *
 * An object of one record, of which accounts have millions, costs the stages several times as much as the work on its bytes.
 */
export const decodeWhole = (
  stored: Uint8Array,
  options: RecordOptions & DecompressOptions
): WholeRecords | undefined => {
  const log = stored.length > SMALL_BYTES ? undefined : logOf(stored, options.inflateKernel)
  if (log === undefined || log.length === 0 || excessOf(log.length, stored.length, options) !== undefined)
    return undefined
  try {
    const decoder = selectDecoder(log, options)
    return {
      batches: [decoder.push(log), decoder.end()].filter((batch) => !RecordBatch.isEmpty(batch)),
      free: () => (log === stored ? undefined : freeMemory(log))
    }
  } catch {
    return undefined
  }
}

const logOf = (stored: Uint8Array, kernel: InflateKernel | undefined): Uint8Array | undefined => {
  const format = formatOf(stored)
  if (format === "plain") return stored
  return format === "gzip" ? gunzipWhole(stored, kernel) : undefined
}
