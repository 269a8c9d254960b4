/**
 * From the body of an object to its records.
 */
import { Array, Effect, Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as RecordBatch from "../domain/RecordBatch.ts"
import { DecodeError, type Decoder } from "./Decoder.ts"
import { type DecompressOptions, decompress } from "./decompress.ts"
import { gather } from "./gather.ts"
import { isDigestKey } from "./isDigestKey.ts"
import { HEAD_BYTES, type RecordOptions, selectDecoder } from "./selectDecoder.ts"

/** How objects are cut into records, and how large they may be. */
export interface DecodeOptions extends RecordOptions, Omit<DecompressOptions, "sizeHint"> {}

/** The same for one object, with what is known of it before it is read. */
export interface DecodeObjectOptions extends DecodeOptions, Pick<DecompressOptions, "sizeHint"> {
  readonly key?: string | undefined
}

/**
 * The records of one object: decompressed where it is compressed, and cut by the decoder that its first bytes call for.
 *
 * **Shape** The records in their order, in batches of up to about a MiB, none of them empty. A CloudTrail digest, known by its
 * key or by its content, and an empty object have no records.
 *
 * **Guarantee** How the body is chunked makes no difference to the records. Memory is bounded by the record limit and some
 * chunks, whatever the object's size.
 *
 * **Errors** `DecodeError`: reading the object again would give the same. Records before the fault may have come already.
 */
export const decodeObject = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  options: DecodeObjectOptions
): Stream.Stream<RecordBatch.RecordBatch, E | DecodeError, R> =>
  Stream.suspend(() => {
    if (options.key !== undefined && isDigestKey(options.key)) return Stream.empty
    let decoder: Decoder | undefined
    const decode = (chunk: Uint8Array | typeof END) => {
      if (chunk === END) return decoder === undefined ? RecordBatch.empty : decoder.end()
      decoder ??= selectDecoder(chunk, options)
      return decoder.push(chunk)
    }
    return gather(body, STORED_BYTES).pipe(
      (stored) => decompress(stored, options),
      // So that the first chunk is all the head there is.
      (log) => gather(log, HEAD_BYTES),
      Stream.mapArray(Array.flatMap(inTwo)),
      Stream.concat(Stream.succeed<typeof END>(END)),
      Stream.mapEffect((chunk) => attempt(() => decode(chunk))),
      Stream.filter((batch) => batch.count > 0)
    )
  })

/** Stored bytes that are taken at a time: each time costs the same, and sockets bring 16 to 64 KiB. */
const STORED_BYTES = 256 * 1024

/**
 * A record that is cut between two chunks has to be copied together with the part of the second chunk that is pushed with it:
 * let that be a small part, and the rest stay where it is.
 */
const inTwo = (chunk: Uint8Array): NonEmptyReadonlyArray<Uint8Array> =>
  chunk.length < 2 * FIRST_PART_BYTES
    ? [chunk]
    : [chunk.subarray(0, FIRST_PART_BYTES), chunk.subarray(FIRST_PART_BYTES)]

/** Larger than most records. */
const FIRST_PART_BYTES = 32 * 1024

const END = "end"

/** Decoders throw, so that their loops stay plain; what they throw is a failure here. */
const attempt = <A>(evaluate: () => A): Effect.Effect<A, DecodeError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluate())
    } catch (error) {
      if (error instanceof DecodeError) return Effect.fail(error)
      throw error
    }
  })
