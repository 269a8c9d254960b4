/**
 * From the body of an object to its records.
 */
import { Cause, Channel, Effect, Pull, type Scope, Stream } from "effect"
import type * as RecordBatch from "../domain/RecordBatch.ts"
import * as ChunkMemory from "./ChunkMemory.ts"
import { type ChunkPull, oneByOne, putBack, throughStages } from "./chunks.ts"
import type { DecodeError } from "./Decoder.ts"
import { decodeWhole, type WholeRecords } from "./decodeWhole.ts"
import { type DecompressOptions, decompress } from "./decompress.ts"
import { gather } from "./gather.ts"
import { isDigestKey } from "./isDigestKey.ts"
import { recordsOf } from "./recordsOf.ts"
import { HEAD_BYTES, type RecordOptions } from "./selectDecoder.ts"

/** How objects are cut into records, and how large they may be. */
export interface DecodeOptions extends RecordOptions, Omit<DecompressOptions, "sizeHint"> {}

/** The same for one object, with what is known of it before it is read. */
export interface DecodeObjectOptions extends DecodeOptions, Pick<DecompressOptions, "sizeHint"> {
  readonly key?: string | undefined
  /** A batch is good only until the next one is pulled: its memory is freed then, not when the engine finds the time. */
  readonly isTransient?: boolean | undefined
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
  options.key !== undefined && isDigestKey(options.key)
    ? Stream.empty
    : throughStages(body, (chunks, scope) => {
        let records: RecordPull<E> | undefined
        const first = Effect.flatMap(begin(chunks, options, scope), (begun) => {
          records = isWhole(begun) ? inTurn(begun, options) : begun
          return records
        })
        return Effect.suspend(() => records ?? first)
      })

/** The next batch, none of them empty, or `Done` at the end. */
export type RecordPull<E> = Pull.Pull<RecordBatch.RecordBatch, E | DecodeError>

/**
 * The same for who needs no stream: all records at once of a small object, where they are to be had, else a pull.
 *
 * A stream costs an object of one record, of which accounts have millions, as much as all the work on its bytes.
 */
export const beginDecoding = <E>(
  { body, bytes }: Body<E>,
  options: DecodeObjectOptions
): Effect.Effect<WholeRecords | RecordPull<E>, E, Scope.Scope> => {
  const whole = bytes === undefined ? undefined : decodeWhole(bytes, options)
  if (whole !== undefined) return Effect.succeed(whole)
  return Effect.flatMap(Effect.scope, (scope) =>
    Effect.flatMap(Channel.toPullScoped(body.channel, scope), (chunks) =>
      Pull.catchDone(begin(oneByOne(chunks), options, scope), () => Effect.succeed(noRecords))
    )
  )
}

/** The body of an object, and all of its bytes where they are there. */
export interface Body<E> {
  readonly body: Stream.Stream<Uint8Array, E>
  readonly bytes?: Uint8Array | undefined
}

/** Whether all records are there. */
export const isWhole = <E>(records: WholeRecords | RecordPull<E>): records is WholeRecords => "batches" in records

const noRecords: WholeRecords = { batches: [], free: () => {} }

const begin = <E>(
  chunks: ChunkPull<E>,
  options: DecodeObjectOptions,
  scope: Scope.Scope
): Pull.Pull<WholeRecords | RecordPull<E>, E> => {
  const memory = ChunkMemory.make()
  const stored = gather(chunks, STORED_BYTES, memory)
  return Effect.map(stored, (first) => {
    // What does not fill a chunk is all there is.
    const whole = first.length < STORED_BYTES ? decodeWhole(first, options) : undefined
    if (whole !== undefined) return whole
    const log = decompress(putBack(first, stored), scope, options, memory)
    // So that the first chunk is all the head there is.
    return recordsOf(gather(log, HEAD_BYTES, memory), options, options.isTransient === true ? memory.free : keep)
  })
}

const keep = () => {}

/**
 * Stored bytes that are taken at a time: sockets bring 16 to 64 KiB, and whatever zlib is given costs a trip to one of its threads, and
 * another one for every chunk that it makes of it, of which the last is seldom full.
 */
const STORED_BYTES = 512 * 1024

/** The batches of a whole object, pulled. */
const inTurn = ({ batches, free }: WholeRecords, { isTransient }: DecodeObjectOptions): RecordPull<never> => {
  let at = 0
  return Effect.suspend(() => {
    const batch = batches[at++]
    if (batch !== undefined) return Effect.succeed(batch)
    if (isTransient === true) free()
    return Cause.done()
  })
}
