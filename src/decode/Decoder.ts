/**
 * The contract of every decoder: bytes of one decompressed object in, batches of records out.
 */
import { Schema } from "effect"
import type { RecordBatch } from "../domain/RecordBatch.ts"

/** The bytes are not what they claim to be: bad gzip, JSON that is none, JSON without the expected structure. */
export class ObjectCorrupt extends Schema.TaggedError<ObjectCorrupt>()("ObjectCorrupt", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The object is larger than the configured limit, or expands further than any log does. */
export class ObjectTooLarge extends Schema.TaggedError<ObjectTooLarge>()("ObjectTooLarge", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The object cannot be cut into records. Trying again gives the same. */
export class DecodeError extends Schema.TaggedError<DecodeError>()("DecodeError", {
  reason: Schema.Union([ObjectCorrupt, ObjectTooLarge])
}) {
  override get message() {
    return this.reason.detail
  }
}

/**
 * Cuts one object into records. Has state, belongs to one object, is used once.
 *
 * **Shape** `push` takes the next bytes, in chunks cut anywhere, and answers the records that they complete, possibly none;
 * `end` answers what was still open. A chunk belongs to the decoder once pushed: batches may be views into it.
 *
 * **Guarantee** Any chunking of the same bytes gives the same records with the same offsets. What a decoder keeps between
 * two calls is bounded by the record limit, whatever the object's size.
 *
 * **Errors** Both throw `DecodeError` (a plain throw, since an Effect per chunk is already around them).
 */
export interface Decoder {
  readonly push: (chunk: Uint8Array) => RecordBatch
  readonly end: () => RecordBatch
}
