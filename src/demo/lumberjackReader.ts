/**
 * The collector's side of the Lumberjack protocol, version 2, read from its text: it shares nothing with the output that it is
 * there to check.
 */
import { inflateSync } from "node:zlib"

/** A window that has arrived whole. **Shape** `events` are JSON texts, in order. */
export interface ReceivedWindow {
  readonly events: ReadonlyArray<string>
}

/** What a reader finds, as it finds it. */
export interface LumberjackHandler {
  /** A window of so many events begins. */
  readonly onBegin?: (count: number) => void
  /** So many events of the window have arrived. */
  readonly onEvent?: (received: number, event: string) => void
  readonly onWindow: (window: ReceivedWindow) => void
}

/** Takes bytes, cut anywhere. **Errors** Throws at the first byte that does not follow the protocol. */
export type LumberjackReader = (chunk: Uint8Array) => void

const ascii = (letter: string) => letter.charCodeAt(0)

/**
 * A reader at the beginning of a connection. It keeps what has come until a frame is whole.
 *
 * **Source** https://github.com/elastic/go-lumber, protocol/v2
 */
export const makeLumberjackReader = (handler: LumberjackHandler): LumberjackReader => {
  let kept = Buffer.alloc(0)
  let expected = 0
  let events: Array<string> = []

  const begin = (count: number) => {
    if (events.length < expected) throw new Error(`A window begins after ${events.length} of ${expected} events.`)
    if (count === 0) throw new Error("A window of no events.")
    expected = count
    events = []
    handler.onBegin?.(count)
  }

  const take = (sequence: number, payload: Buffer) => {
    if (events.length === expected) throw new Error("An event outside of a window.")
    if (sequence !== events.length + 1) throw new Error(`Sequence ${sequence} after ${events.length} events.`)
    const event = payload.toString("utf8")
    JSON.parse(event)
    events.push(event)
    handler.onEvent?.(events.length, event)
    if (events.length === expected) handler.onWindow({ events })
  }

  /** The frames at the front of the bytes; answers how many bytes they are. */
  const frames = (bytes: Buffer): number => {
    let at = 0
    while (true) {
      const rest = bytes.subarray(at)
      if (rest.length > 0 && rest[0] !== ascii("2")) throw new Error(`Version ${rest[0]} is not "2".`)
      if (rest.length < 6) return at
      const number = rest.readUInt32BE(2)
      if (rest[1] === ascii("W")) {
        begin(number)
        at += 6
      } else if (rest[1] === ascii("C")) {
        if (rest.length < 6 + number) return at
        const inner = inflateSync(rest.subarray(6, 6 + number))
        if (frames(inner) !== inner.length) throw new Error("A compressed frame ends within a frame.")
        at += 6 + number
      } else if (rest[1] === ascii("J")) {
        if (rest.length < 10) return at
        const length = rest.readUInt32BE(6)
        if (rest.length < 10 + length) return at
        take(number, rest.subarray(10, 10 + length))
        at += 10 + length
      } else {
        throw new Error(`Frame type ${rest[1]} is unknown.`)
      }
    }
  }

  return (chunk) => {
    kept = kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([kept, chunk])
    kept = kept.subarray(frames(kept))
  }
}
