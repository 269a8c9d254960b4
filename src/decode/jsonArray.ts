/**
 * The decoder of records that are the elements of an array in a JSON document, such as CloudTrail's.
 */
import { corrupt } from "./corrupt.ts"
import type { RecordBatch } from "../domain/RecordBatch.ts"
import type { DecodeError, Decoder } from "./Decoder.ts"
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
export const jsonArray = (options: JsonArrayOptions): Decoder => new JsonArray(options)

/** A class, so that its many functions are made once: an object of one record has a decoder of its own. */
class JsonArray implements Decoder {
  private readonly slab = new Slab()
  private readonly value: JsonValue
  private readonly name: FieldName | undefined
  private readonly field: string | undefined
  private readonly maxRecordBytes: number
  private readonly document: string

  /** What stands before this position of the slab is dealt with. */
  private at = 0
  /** What is being read, and where it begins, while its bytes are needed. */
  private open: "element" | "key" | undefined
  private openStart = 0
  private expected: string
  private fault: unknown
  private readonly reading: Suspending

  constructor({ field, jsonKernel, maxRecordBytes }: JsonArrayOptions) {
    this.value = new JsonValue(jsonKernel)
    this.name = field === undefined ? undefined : new FieldName(field)
    this.field = field
    this.maxRecordBytes = maxRecordBytes
    this.document = field === undefined ? "a JSON array" : "a JSON object"
    this.expected = this.document
    this.reading = this.documents()
  }

  push(chunk: Uint8Array): RecordBatch {
    if (this.fault !== undefined) throw this.fault
    this.slab.append(chunk)
    try {
      this.reading.next()
    } catch (error) {
      this.fault = error
    }
    const { name } = this
    if (this.open === "element" && this.at - this.openStart > this.maxRecordBytes) this.closeElement()
    if (this.open === "key" && name !== undefined && this.at - this.openStart > name.maxBytes) this.open = undefined
    const from = this.open === undefined || this.fault !== undefined ? this.at : this.openStart
    this.at -= from
    this.openStart -= from
    return this.slab.take(from)
  }

  end(): RecordBatch {
    if (this.fault !== undefined) throw this.fault
    if (this.expected !== this.document) throw this.broken("the end")
    return this.slab.take(this.at)
  }

  /** The documents, as a grammar. It yields where it needs the next chunk to go on. */
  private *documents(): Suspending {
    for (;;) {
      while (!this.found(this.document)) yield
      yield* this.name === undefined ? this.array() : this.object(this.name)
    }
  }

  private *array(): Suspending {
    this.pass(OPEN_BRACKET)
    while (!this.found('a value or "]"')) yield
    if (this.passed(CLOSE_BRACKET)) return
    do {
      while (!this.found("a value")) yield
      this.begin("element")
      while (!this.scanned()) yield
      this.closeElement()
      while (!this.found('"," or "]"')) yield
    } while (this.passed(COMMA))
    this.pass(CLOSE_BRACKET)
  }

  private *object(name: FieldName): Suspending {
    const offset = this.slab.objectOffset + this.at
    let hasArray = false
    this.pass(OPEN_BRACE)
    while (!this.found('a key or "}"')) yield
    if (!this.passed(CLOSE_BRACE)) {
      do {
        while (!this.found("a key")) yield
        if (this.next() !== QUOTE) throw this.unexpected()
        this.begin("key")
        while (!this.scanned()) yield
        const isWanted = this.closeKey(name)
        hasArray ||= isWanted
        while (!this.found('":"')) yield
        this.pass(COLON)
        while (!this.found(isWanted ? `an array or null in "${this.field}"` : "a value")) yield
        if (isWanted && this.next() === OPEN_BRACKET) {
          yield* this.array()
        } else {
          if (isWanted && this.next() !== N_OF_NULL) throw this.unexpected()
          this.begin()
          while (!this.scanned()) yield
        }
        while (!this.found('"," or "}"')) yield
      } while (this.passed(COMMA))
      this.pass(CLOSE_BRACE)
    }
    if (!hasArray) throw corrupt(`the JSON document at byte ${offset} has no field "${this.field}"`)
  }

  private next(): number {
    return this.slab.bytes[this.at] ?? 0
  }

  /** Passes over white space; false when the chunk ends with it. */
  private found(what: string): boolean {
    this.expected = what
    const { bytes, objectOffset } = this.slab
    while (this.at < bytes.length && (isSpace(this.next()) || this.next() === BYTE_ORDER_MARK[objectOffset + this.at]))
      this.at++
    return this.at < bytes.length
  }

  private passed(byte: number): boolean {
    if (this.next() !== byte) return false
    this.at++
    return true
  }

  private pass(byte: number): void {
    if (!this.passed(byte)) throw this.unexpected()
  }

  private begin(what?: "element" | "key"): void {
    if (!this.value.begin(this.next())) throw this.unexpected()
    this.open = what
    this.openStart = this.at
  }

  /** Goes on to the end of the value; false when the chunk ends within it. */
  private scanned(): boolean {
    this.expected = "the rest of a value"
    this.at = this.value.scan(this.slab.bytes, this.at)
    if (this.value.status === "broken") throw this.unexpected()
    return this.value.status === "complete"
  }

  private closeElement(): void {
    if (this.open === "element") this.slab.mark(this.openStart, this.at, this.maxRecordBytes)
    this.open = undefined
  }

  private closeKey(name: FieldName): boolean {
    const isWanted = this.open === "key" && name.is(this.slab.bytes.subarray(this.openStart, this.at))
    this.open = undefined
    return isWanted
  }

  private unexpected(): DecodeError {
    return this.broken(show(this.next()))
  }

  private broken(instead: string): DecodeError {
    return corrupt(
      `broken JSON at byte ${this.slab.objectOffset + this.at}: expected ${this.expected}, found ${instead}`
    )
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
