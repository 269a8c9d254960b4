/**
 * Which decoder an object calls for.
 */
import * as RecordBatch from "../domain/RecordBatch.ts"
import type { Decoder } from "./Decoder.ts"
import { jsonArray } from "./jsonArray.ts"
import type { JsonKernel } from "./JsonKernel.ts"
import { lines } from "./lines.ts"
import { type MultilineOptions, multiline } from "./multiline.ts"

/** How objects are cut into records. */
export interface RecordOptions {
  /**
   * Every object is JSON, and the elements of the array in this top-level field are the records; `.[]` when the document itself
   * is the array.
   */
  readonly expandEventListFromField?: string | undefined
  /** Lines that belong together are one record. */
  readonly multiline?: MultilineOptions | undefined
  /** Bytes of a record that are kept; a longer one is truncated. */
  readonly maxRecordBytes: number
  /** The loop of JSON in WebAssembly, one for all objects of a thread; without it JSON takes a few times as long. */
  readonly jsonKernel?: JsonKernel | undefined
}

/** How many bytes `selectDecoder` looks at. */
export const HEAD_BYTES = 4096

/**
 * The decoder for the object that begins with `head`: what the options say; without them, by what the head unmistakably is,
 * CloudTrail's `{"Records":[` or a JSON array of objects; and else lines, which fit any bytes. A CloudTrail digest has no
 * records whatever the options say.
 *
 * **Shape** `head` is the object's first `HEAD_BYTES` bytes or more, or all of it.
 */
export const selectDecoder = (head: Uint8Array, options: RecordOptions): Decoder => {
  const { expandEventListFromField: field, jsonKernel, maxRecordBytes } = options
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD_BYTES)).toString()
  if (digest.test(text)) return noRecords
  if (field !== undefined) return jsonArray({ field: field === ".[]" ? undefined : field, jsonKernel, maxRecordBytes })
  if (options.multiline !== undefined) return multiline({ ...options.multiline, maxRecordBytes })
  if (cloudTrail.test(text)) return jsonArray({ field: "Records", jsonKernel, maxRecordBytes })
  if (arrayOfObjects.test(text)) return jsonArray({ jsonKernel, maxRecordBytes })
  return lines({ maxRecordBytes })
}

/**
 * **Source** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 */
const digest = /^\uFEFF?\s*\{\s*"awsAccountId"\s*:\s*"\d{12}"\s*,\s*"digestStartTime"\s*:/u

const cloudTrail = /^\uFEFF?\s*\{\s*"Records"\s*:\s*\[/u

/** A line of text may well begin with `[2023-07-10` or `[{main}]`, but hardly with `[{"`. */
const arrayOfObjects = /^\uFEFF?\s*\[\s*(?:\{\s*["}]|\]\s*$)/u

const noRecords: Decoder = { push: () => RecordBatch.empty, end: () => RecordBatch.empty }
