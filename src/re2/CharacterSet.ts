/**
 * Sets of characters, as sources of JavaScript expressions in the mode of the flag `v`: there sets nest, so that each form of
 * Go's has its like.
 */

/** One character, whatever it means elsewhere. */
export const literal = (codePoint: number): string => `\\u{${codePoint.toString(16)}}`

/** The characters of a range, both ends included. */
export const range = (from: number, to: number): string => `${literal(from)}-${literal(to)}`

/** What any of the parts holds. */
export const anyOf = (parts: ReadonlyArray<string>): string => `[${parts.join("")}]`

/** What none of the parts holds. */
export const noneOf = (parts: ReadonlyArray<string>): string => `[^${parts.join("")}]`

/** `.`: without the flag `s` not the end of a line. */
export const any = (takesLineEnds: boolean): string => (takesLineEnds ? "[^]" : noneOf([literal(0x0a)]))

/** `\d`, `\s`, `\w` and their negations; nothing for other letters. */
export const shorthand = (letter: string): string | undefined => {
  const set = named(SHORTHANDS, letter.toLowerCase())
  return set === undefined || letter === letter.toLowerCase() ? set : noneOf([set])
}

/** `[:alpha:]`, by its name; nothing for other names. */
export const posix = (name: string): string | undefined => named(POSIX, name)

/** `\p{…}`: a category or a script of Unicode; nothing for other names. */
export const unicode = (name: string): string | undefined =>
  [`\\p{${name}}`, `\\p{Script=${name}}`].find((set) => {
    try {
      return new RegExp(set, "v").unicodeSets
    } catch {
      return false
    }
  })

const DIGITS = range(0x30, 0x39)
const UPPER = range(0x41, 0x5a)
const LOWER = range(0x61, 0x7a)
const WORD = DIGITS + UPPER + LOWER + literal(0x5f)

/** **Source** https://github.com/google/re2/wiki/Syntax, Perl character classes */
const SHORTHANDS = {
  d: `[${DIGITS}]`,
  s: "[\\t\\n\\f\\r\\u{20}]",
  w: `[${WORD}]`
}

/** **Source** https://github.com/google/re2/wiki/Syntax, ASCII character classes */
const POSIX = {
  alnum: `[${DIGITS}${UPPER}${LOWER}]`,
  alpha: `[${UPPER}${LOWER}]`,
  ascii: `[${range(0, 0x7f)}]`,
  blank: "[\\t\\u{20}]",
  cntrl: `[${range(0, 0x1f)}${literal(0x7f)}]`,
  digit: `[${DIGITS}]`,
  graph: `[${range(0x21, 0x7e)}]`,
  lower: `[${LOWER}]`,
  print: `[${range(0x20, 0x7e)}]`,
  punct: `[${range(0x21, 0x2f)}${range(0x3a, 0x40)}${range(0x5b, 0x60)}${range(0x7b, 0x7e)}]`,
  space: "[\\t\\n\\v\\f\\r\\u{20}]",
  upper: `[${UPPER}]`,
  word: `[${WORD}]`,
  xdigit: `[${DIGITS}${range(0x41, 0x46)}${range(0x61, 0x66)}]`
}

const named = (sets: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(sets, name) ? sets[name] : undefined
