/**
 * Finds the end of a JSON value, wherever its bytes are cut.
 */
import { type JsonKernel, MAX_COMPARED_LEVELS, type ScanState } from "./JsonKernel.ts"

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Deeper than most logs. An array of that size is an object among others; a larger one costs the engine as much as a log line. */
const FIRST_LEVELS = 64

/** Below this many bytes the kernel is not worth the way there. */
const KERNEL_BYTES = 256

/** What a byte is outside of strings. Kinds that a scan passes over come before `QUOTED`. */
const OTHER = 0
const SCALAR = 1
const QUOTED = 2
const OPENING = 3
const CLOSING = 4

/**
 * A scanner for one value after the other.
 *
 * **Shape** `begin` with the value's first byte; then `scan` from that byte on, and from the start of each further chunk, while
 * `status` is `open`.
 *
 * **Guarantee** The end of valid JSON is found, at any depth, in constant memory. Brackets are checked in number and in kind,
 * strings for their closing quote.
 *
 * **Not promised** That the value is JSON beyond that: commas, colons, numbers, literals and escapes within it are passed over
 * unread. A record is shipped as the bytes it is.
 */
export class JsonValue {
  private readonly kernel: JsonKernel | undefined
  private readonly state: ScanState = {
    depth: 0,
    isInString: false,
    // Grows up to `MAX_COMPARED_LEVELS`.
    openings: new Uint8Array(FIRST_LEVELS),
    status: "complete"
  }
  private kind = OTHER
  /** Bytes at the start of the next chunk that a backslash at the end of the last one has escaped: 0 or 1. */
  private escaped = 0

  /** Without a kernel, or where it is not worth the way there, each byte is looked at here. */
  constructor(kernel?: JsonKernel) {
    this.kernel = kernel
  }

  /** `broken`: a bracket closes what another kind has opened. */
  get status(): ScanState["status"] {
    return this.state.status
  }

  /** Whether a value can begin with `byte`. */
  begin(byte: number): boolean {
    const kind = kinds[byte] ?? OTHER
    this.kind = kind
    this.state.status = "open"
    this.state.isInString = false
    this.state.depth = 0
    this.escaped = 0
    return kind === SCALAR || kind === QUOTED || kind === OPENING
  }

  /** How far it came: behind the value, to the bracket that breaks it, or to the end of `bytes`. */
  scan(bytes: Uint8Array, from: number): number {
    if (this.kind === SCALAR) return this.scanScalar(bytes, from)
    const { length } = bytes
    const start = from + this.escaped
    const kernel = this.kind === OPENING && length - start >= KERNEL_BYTES ? this.kernel : undefined
    const at = (kernel?.scan ?? scanNested)(bytes, start, this.state)
    if (this.state.status !== "open") return at
    this.escaped = at - length
    return length
  }

  private scanScalar(bytes: Uint8Array, from: number): number {
    let at = from
    while (at < bytes.length && kinds[bytes[at] ?? 0] === SCALAR) at++
    if (at < bytes.length) this.state.status = "complete"
    return at
  }
}

/**
 * What the kernel does, and strings by themselves, which are short. It looks at every byte of a string, too: most strings in logs are so
 * short that a native `indexOf` for each takes nearly twice the time (measured on CloudTrail).
 */
const scanNested = (bytes: Uint8Array, from: number, state: ScanState): number => {
  const { length } = bytes
  let { depth, isInString, openings } = state
  let at = from
  while (at < length) {
    if (isInString) {
      while (at < length) {
        const byte = bytes[at]
        if (byte === QUOTE) break
        at += byte === BACKSLASH ? 2 : 1
      }
      if (at >= length) break
      at++
      isInString = false
      if (depth === 0) return stop(state, "complete", at)
      continue
    }
    const byte = bytes[at++] ?? 0
    const kind = kinds[byte] ?? OTHER
    if (kind < QUOTED) continue
    if (kind === QUOTED) {
      isInString = true
    } else if (kind === OPENING) {
      if (depth === openings.length && depth < MAX_COMPARED_LEVELS) openings = deeper(state)
      if (depth < MAX_COMPARED_LEVELS) openings[depth] = byte
      depth++
    } else {
      depth--
      if (depth < MAX_COMPARED_LEVELS && openings[depth] !== openingOf(byte)) return stop(state, "broken", at - 1)
      if (depth === 0) return stop(state, "complete", at)
    }
  }
  state.depth = depth
  state.isInString = isInString
  return at
}

const deeper = (state: ScanState): Uint8Array => {
  const deeper = new Uint8Array(2 * state.openings.length)
  deeper.set(state.openings)
  return (state.openings = deeper)
}

const stop = (state: ScanState, status: "complete" | "broken", at: number): number => {
  state.status = status
  return at
}

/** In ASCII, `[` and `]` stand two apart, and so do `{` and `}`. */
const openingOf = (closing: number): number => closing - 2

const kinds = new Uint8Array(256).fill(OTHER)
kinds[QUOTE] = QUOTED
for (const opening of Buffer.from("{[")) kinds[opening] = OPENING
for (const closing of Buffer.from("}]")) kinds[closing] = CLOSING
for (const byte of Buffer.from("+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
  kinds[byte] = SCALAR
