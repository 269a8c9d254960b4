/**
 * The decoder of records that are the elements of an array in a JSON document, such as CloudTrail's.
 */
import { corrupt } from "./corrupt.ts"
import type { Decoder } from "./Decoder.ts"
import { FieldName } from "./FieldName.ts"
import type { JsonKernel } from "./JsonKernel.ts"
import { JsonValue } from "./JsonValue.ts"
import { Slab } from "./Slab.ts"

/** Which array to split. */
export interface JsonArrayOptions {
  /** The top-level field that holds the array; without it, the document itself is the array. */
  readonly field?: string | undefined
  readonly maxRecordBytes: number
  /** Finds the ends of the elements faster than JavaScript does. */
  readonly jsonKernel?: JsonKernel | undefined
}

/**
 * One record per element, whatever its type, as the bytes it is, without the white space around it. The document may be of any
 * size; its other fields are passed over. Several documents in one object, with or without white space between them, are split
 * one after the other. A `field` that is null, or an empty array, gives no records.
 *
 * **Guarantee** Valid JSON is never cut wrongly. An element longer than `maxRecordBytes` is cut there and marked truncated; what
 * is cut off takes no memory.
 *
 * **Errors** `ObjectCorrupt`, with the position and what was expected there, where a document is no JSON, ends early or lacks
 * the array. It is thrown by the call after the one that met it, so that the records before it are handed on.
 *
 * **Not promised** That what stands within an element is valid JSON: `JsonValue` says what is checked.
 */
export const jsonArray = ({ field, jsonKernel, maxRecordBytes }: JsonArrayOptions): Decoder => {
  const slab = new Slab()
  const value = new JsonValue(jsonKernel)
  const name = field === undefined ? undefined : new FieldName(field)

  /** What stands before this position of the slab is dealt with. */
  let at = 0
  /** What is being read, and where it begins, while its bytes are needed. */
  let open: "element" | "key" | undefined
  let openStart = 0
  const document = name === undefined ? "a JSON array" : "a JSON object"
  let expected = document
  let fault: unknown

  /** The documents, as a grammar. It yields where it needs the next chunk to go on. */
  function* documents(): Suspending {
    for (;;) {
      while (!found(document)) yield
      yield* name === undefined ? array() : object(name)
    }
  }

  function* array(): Suspending {
    pass(OPEN_BRACKET)
    while (!found('a value or "]"')) yield
    if (passed(CLOSE_BRACKET)) return
    do {
      while (!found("a value")) yield
      begin("element")
      while (!scanned()) yield
      closeElement()
      while (!found('"," or "]"')) yield
    } while (passed(COMMA))
    pass(CLOSE_BRACKET)
  }

  function* object(name: FieldName): Suspending {
    const offset = slab.objectOffset + at
    let hasArray = false
    pass(OPEN_BRACE)
    while (!found('a key or "}"')) yield
    if (!passed(CLOSE_BRACE)) {
      do {
        while (!found("a key")) yield
        if (next() !== QUOTE) throw unexpected()
        begin("key")
        while (!scanned()) yield
        const isWanted = closeKey(name)
        hasArray ||= isWanted
        while (!found('":"')) yield
        pass(COLON)
        while (!found(isWanted ? `an array or null in "${field}"` : "a value")) yield
        if (isWanted && next() === OPEN_BRACKET) {
          yield* array()
        } else {
          if (isWanted && next() !== N_OF_NULL) throw unexpected()
          begin()
          while (!scanned()) yield
        }
        while (!found('"," or "}"')) yield
      } while (passed(COMMA))
      pass(CLOSE_BRACE)
    }
    if (!hasArray) throw corrupt(`the JSON document at byte ${offset} has no field "${field}"`)
  }

  const next = () => slab.bytes[at] ?? 0

  /** Passes over white space; false when the chunk ends with it. */
  const found = (what: string): boolean => {
    expected = what
    const { bytes, objectOffset } = slab
    while (at < bytes.length && (isSpace(next()) || next() === BYTE_ORDER_MARK[objectOffset + at])) at++
    return at < bytes.length
  }

  const passed = (byte: number): boolean => {
    if (next() !== byte) return false
    at++
    return true
  }

  const pass = (byte: number) => {
    if (!passed(byte)) throw unexpected()
  }

  const begin = (what?: "element" | "key") => {
    if (!value.begin(next())) throw unexpected()
    open = what
    openStart = at
  }

  /** Goes on to the end of the value; false when the chunk ends within it. */
  const scanned = (): boolean => {
    expected = "the rest of a value"
    at = value.scan(slab.bytes, at)
    if (value.status === "broken") throw unexpected()
    return value.status === "complete"
  }

  const closeElement = () => {
    if (open === "element") slab.mark(openStart, at, maxRecordBytes)
    open = undefined
  }

  const closeKey = (name: FieldName): boolean => {
    const isWanted = open === "key" && name.is(slab.bytes.subarray(openStart, at))
    open = undefined
    return isWanted
  }

  const unexpected = () => broken(show(next()))

  const broken = (instead: string) =>
    corrupt(`broken JSON at byte ${slab.objectOffset + at}: expected ${expected}, found ${instead}`)

  const reading = documents()

  return {
    push: (chunk) => {
      if (fault !== undefined) throw fault
      slab.append(chunk)
      try {
        reading.next()
      } catch (error) {
        fault = error
      }
      if (open === "element" && at - openStart > maxRecordBytes) closeElement()
      if (open === "key" && name !== undefined && at - openStart > name.maxBytes) open = undefined
      const from = open === undefined || fault !== undefined ? at : openStart
      at -= from
      openStart -= from
      return slab.take(from)
    },
    end: () => {
      if (fault !== undefined) throw fault
      if (expected !== document) throw broken("the end")
      return slab.take(at)
    }
  }
}

type Suspending = Generator<void, void, void>

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const N_OF_NULL = 0x6e
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** In UTF-8, and skipped at the start of the object. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const show = (byte: number): string =>
  byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, "0")}`
