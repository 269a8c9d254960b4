/**
 * Bytes as the inside of a JSON string, and the other small writes of the encoder's innermost loop.
 */

/**
 * The bytes `[start, end)` of `source` as a JSON string, quotes included, each char one byte of it.
 *
 * The engine's own `JSON.stringify` escapes with vector instructions, four times as fast as a loop over bytes. It is handed
 * the bytes as Latin-1, so that every byte is one char, and what it hands back is written as Latin-1: bytes that need no
 * escape, those of UTF-8 sequences among them, come through untouched.
 *
 * **Source** RFC 8259, section 7: the quotation mark, the reverse solidus and U+0000 to U+001F are escaped; everything else
 * may stand as it is.
 */
export const quote = (source: Buffer, start: number, end: number): string =>
  JSON.stringify(source.toString("latin1", start, end))

/** Below this a loop beats the call into native code. */
const SHORT = 32

/** Writes `source` to `target` from `at` on, and answers where it ends. */
export const copyInto = (target: Buffer, at: number, source: Buffer): number => {
  const { length } = source
  if (length > SHORT) target.set(source, at)
  else for (let i = 0; i < length; i++) target[at + i] = source[i] ?? 0
  return at + length
}

/** The most digits that a safe integer has. */
export const MAX_DIGITS = 16

/** Below this a number is an integer to the processor, too. */
const INTEGERS = 2 ** 31

/** Writes a whole number in at least `width` digits, padded with zeros, and answers where it ends. */
export const digitsInto = (target: Buffer, at: number, value: number, width: number): number => {
  let length = width
  for (let bound = 10 ** width; value >= bound; bound *= 10) length++
  let rest = value
  for (let i = at + length - 1; i >= at; i--) {
    const next = rest < INTEGERS ? (rest / 10) | 0 : Math.floor(rest / 10)
    target[i] = 0x30 + (rest - next * 10)
    rest = next
  }
  return at + length
}
