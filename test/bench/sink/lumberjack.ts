/**
 * The receiving end of Lumberjack v2, as far as a sink needs it: frames in, acknowledgements out.
 *
 * **Source** https://github.com/elastic/logstash-forwarder/blob/master/PROTOCOL.md, and version 2 as Beats speak it: `2W` and the
 * number of events, `2J` with sequence, length and JSON, `2C` with length and any frames in zlib; `2A` and a sequence back.
 */
import { inflateSync } from "node:zlib"

/** What the sink reads off one connection. */
export interface LumberjackReader {
  /** Takes bytes, chunked in any way, and answers the acknowledgements that are due. Throws on what is no Lumberjack. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Buffer>
  readonly events: () => number
}

const VERSION = 0x32
const WINDOW = 0x57
const JSON_EVENT = 0x4a
const COMPRESSED = 0x43
const ACK = 0x41

/** A reader at the beginning of a connection. */
export const makeReader = (): LumberjackReader => {
  let rest: Buffer = Buffer.alloc(0)
  let windowSize = 0
  let inWindow = 0
  let events = 0

  /** Reads whole frames and answers how many bytes they took. */
  const readFrames = (bytes: Buffer, acks: Array<Buffer>): number => {
    let at = 0
    while (bytes.length - at >= 6) {
      if (bytes[at] !== VERSION) throw new Error(`Byte ${bytes[at]} is no version of Lumberjack that is known here.`)
      const kind = bytes[at + 1]
      if (kind === WINDOW) {
        windowSize = bytes.readUInt32BE(at + 2)
        inWindow = 0
        at += 6
      } else if (kind === COMPRESSED) {
        const end = at + 6 + bytes.readUInt32BE(at + 2)
        if (end > bytes.length) break
        const frames = inflateSync(bytes.subarray(at + 6, end))
        if (readFrames(frames, acks) !== frames.length) throw new Error("A compressed frame ends amid a frame.")
        at = end
      } else if (kind === JSON_EVENT) {
        if (bytes.length - at < 10) break
        const end = at + 10 + bytes.readUInt32BE(at + 6)
        if (end > bytes.length) break
        events++
        if (++inWindow === windowSize) acks.push(acknowledge(bytes.readUInt32BE(at + 2)))
        at = end
      } else {
        throw new Error(`There is no frame of kind ${kind}.`)
      }
    }
    return at
  }

  return {
    events: () => events,
    push: (bytes) => {
      const acks: Array<Buffer> = []
      const all =
        rest.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat([rest, bytes])
      rest = all.subarray(readFrames(all, acks))
      return acks
    }
  }
}

const acknowledge = (sequence: number): Buffer => {
  const frame = Buffer.from([VERSION, ACK, 0, 0, 0, 0])
  frame.writeUInt32BE(sequence, 2)
  return frame
}
