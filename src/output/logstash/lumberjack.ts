/**
 * The Lumberjack protocol, version 2: the frames that carry events, and those that acknowledge them.
 *
 * Every frame begins with the version and a letter; all numbers are unsigned, of 32 bits, the highest byte first:
 *
 *     2W count                      a window of so many events follows
 *     2J sequence length payload    one event, as JSON; the first of a window has the sequence 1
 *     2C length payload             frames of events, zlib-compressed
 *     2A sequence                   the peer has the events of the window up to this one
 *
 * **Source** https://github.com/elastic/go-lumber, protocol/v2 and client/v2. Its PROTOCOL.md describes other frames, which
 * neither its own code nor any server speaks.
 */
import type { EventBatch } from "../../domain/EventBatch.ts"
import type { EventRange } from "./EventRange.ts"

const VERSION = 0x32
const WINDOW = 0x57
const JSON_EVENT = 0x4a
const COMPRESSED = 0x43
const ACK = 0x41

const WINDOW_BYTES = 6
const JSON_HEAD_BYTES = 10
const COMPRESSED_HEAD_BYTES = 6
const ACK_BYTES = 6

/**
 * A whole window, in one slab: the events of these ranges.
 *
 * **Shape** At least one event. Their newlines stay behind.
 */
export const windowOf = (ranges: ReadonlyArray<EventRange>): Buffer => {
  let count = 0
  let payloads = 0
  for (const { batch, end, start } of ranges) {
    count += end - start
    payloads += startOf(batch, end) - startOf(batch, start) - (end - start)
  }
  const slab = Buffer.allocUnsafeSlow(WINDOW_BYTES + count * JSON_HEAD_BYTES + payloads)
  let at = head(slab, 0, WINDOW, count)
  let sequence = 0
  for (const { batch, end, start } of ranges) {
    const source = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength)
    let from = startOf(batch, start)
    for (let i = start; i < end; i++) {
      const next = startOf(batch, i + 1)
      at = head(slab, at, JSON_EVENT, ++sequence)
      at = slab.writeUInt32BE(next - 1 - from, at)
      at += source.copy(slab, at, from, next - 1)
      from = next
    }
  }
  return slab
}

/** The part of a window that may be compressed: all but the frame that announces it. */
export const eventFrames = (window: Buffer): Buffer => window.subarray(WINDOW_BYTES)

/** A window of `count` events whose frames are compressed already. */
export const compressedWindowOf = (count: number, compressed: Uint8Array): Buffer => {
  const slab = Buffer.allocUnsafeSlow(WINDOW_BYTES + COMPRESSED_HEAD_BYTES + compressed.byteLength)
  slab.set(compressed, head(slab, head(slab, 0, WINDOW, count), COMPRESSED, compressed.byteLength))
  return slab
}

/** Reads what a peer answers. */
export interface AckReader {
  /**
   * Takes the next bytes, cut anywhere, and tells the sequences that they complete, in order.
   *
   * **Errors** The sentence is what is wrong with the bytes; nothing behind them can be understood any more.
   */
  readonly read: (chunk: Uint8Array, onAck: (sequence: number) => void) => string | undefined
}

/** A reader at the beginning of a connection. */
export const makeAckReader = (): AckReader => {
  let filled = 0
  let sequence = 0
  return {
    read: (chunk, onAck) => {
      for (const byte of chunk) {
        if ((filled === 0 && byte !== VERSION) || (filled === 1 && byte !== ACK)) {
          return `the answer is no acknowledgement of the Beats protocol (byte 0x${byte.toString(16).padStart(2, "0")})`
        }
        if (filled >= 2) sequence = sequence * 256 + byte
        filled += 1
        if (filled === ACK_BYTES) {
          const complete = sequence
          filled = 0
          sequence = 0
          onAck(complete)
        }
      }
      return undefined
    }
  }
}

const startOf = ({ ends }: EventBatch, index: number): number => (index === 0 ? 0 : (ends[index - 1] ?? 0))

/** Writes the version, a letter and a number, and answers where they end. */
const head = (target: Buffer, at: number, letter: number, value: number): number => {
  target[at] = VERSION
  target[at + 1] = letter
  return target.writeUInt32BE(value, at + 2)
}
