/**
 * The name of a JSON field, and the ways in which a document may spell it.
 */

/** A UTF-16 unit as a JSON escape, `\u0041`, is the longest spelling that one has. */
const MAX_BYTES_PER_UNIT = 6

/** A field name that keys, as they stand in a document, are compared with: `"\u0052ecords"` is `Records`. */
export class FieldName {
  /** No key that is this name is longer, quotes included. */
  readonly maxBytes: number
  private readonly name: string
  private readonly plain: Buffer

  constructor(name: string) {
    this.name = name
    this.plain = Buffer.from(`"${name}"`)
    this.maxBytes = 2 + MAX_BYTES_PER_UNIT * name.length
  }

  /** Whether the JSON string `key`, quotes included, is this name. */
  is(key: Buffer): boolean {
    return key.equals(this.plain) || (key.length <= this.maxBytes && key.includes("\\") && unescaped(key) === this.name)
  }
}

const unescaped = (key: Buffer): unknown => {
  try {
    return JSON.parse(key.toString())
  } catch {
    return undefined
  }
}
