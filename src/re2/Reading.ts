/**
 * A pattern while it is read, and the parts of it that mean the same within brackets and outside.
 */
import * as CharacterSet from "./CharacterSet.ts"

/** How far a pattern is read. **Errors** Whatever reads throws a `SyntaxError` that says what is wrong. */
export class Reading {
  private readonly pattern: string
  private at = 0

  constructor(pattern: string) {
    this.pattern = pattern
  }

  get isAtEnd(): boolean {
    return this.at === this.pattern.length
  }

  get rest(): string {
    return this.pattern.slice(this.at)
  }

  isAt(text: string): boolean {
    return this.pattern.startsWith(text, this.at)
  }

  /** Reads what matches here; nothing when it does not. `token` is sticky. */
  take(token: RegExp): RegExpExecArray | undefined {
    token.lastIndex = this.at
    const match = token.exec(this.pattern)
    if (match === null) return undefined
    this.at = token.lastIndex
    return match
  }

  /** A character, escaped or not. */
  codePoint(): number {
    const escape = this.take(
      /\\(?:([1-7][0-7]{1,2}|0[0-7]{0,2})|x([\dA-Fa-f]{2})|x\{([\dA-Fa-f]{1,8})\}|([afnrtv])|([!-/:-@[-`{-~]))/y
    )
    if (escape !== undefined) {
      const [, octal, twoDigits, digits, letter, itself = ""] = escape
      if (octal !== undefined) return Number.parseInt(octal, 8)
      if (letter !== undefined) return CONTROLS[letter] ?? 0
      const hexadecimal = twoDigits ?? digits
      const codePoint = hexadecimal === undefined ? itself.charCodeAt(0) : Number.parseInt(hexadecimal, 16)
      if (codePoint > 0x10ffff) throw new SyntaxError(`${escape[0]} is no character`)
      return codePoint
    }
    if (this.isAt("\\")) {
      const [token = "\\"] = this.take(/\\(?:\d|[^]?)/y) ?? []
      throw new SyntaxError(
        /\d$/.test(token) ? `${token} refers to a group, which RE2 cannot` : `${token} is no escape of RE2's`
      )
    }
    const codePoint = this.pattern.codePointAt(this.at) ?? 0
    this.at += codePoint > 0xffff ? 2 : 1
    return codePoint
  }

  /** A set that an escape names: `\d`, `\pL`, `\P{Greek}`. */
  set(): string | undefined {
    const shorthand = this.take(/\\([dswDSW])/y)
    if (shorthand !== undefined) return CharacterSet.shorthand(shorthand[1] ?? "")
    const unicode = this.take(/\\([pP])(?:\{(\^?)(\w+)\}|([A-Z]))/y)
    if (unicode === undefined) return undefined
    const [token, p, not = "", name, letter] = unicode
    const set = CharacterSet.unicode(name ?? letter ?? "")
    if (set === undefined) throw new SyntaxError(`${token} is no category or script of Unicode`)
    return (p === "P") === (not === "") ? CharacterSet.noneOf([set]) : set
  }

  /** A set in brackets. A `]` right behind the opening stands for itself. */
  brackets(): string {
    const isNegated = this.take(/\[(\^?)/y)?.[1] === "^"
    const parts: Array<string> = []
    while (parts.length === 0 || !this.isAt("]")) {
      if (this.isAtEnd) throw new SyntaxError("a [ is not closed")
      parts.push(this.posix() ?? this.set() ?? this.range())
    }
    this.take(/\]/y)
    return isNegated ? CharacterSet.noneOf(parts) : CharacterSet.anyOf(parts)
  }

  private posix(): string | undefined {
    const posix = this.take(/\[:(\^?)(\w*):\]/y)
    if (posix === undefined) return undefined
    const [token, not, name = ""] = posix
    const set = CharacterSet.posix(name)
    if (set === undefined) throw new SyntaxError(`the class ${token} is not known`)
    return not === "^" ? CharacterSet.noneOf([set]) : set
  }

  private range(): string {
    const from = this.codePoint()
    if (this.take(/-(?!\])/y) === undefined) return CharacterSet.literal(from)
    if (this.isAtEnd) throw new SyntaxError("a [ is not closed")
    const to = this.codePoint()
    if (to < from) throw new SyntaxError("a range in brackets ends before it begins")
    return CharacterSet.range(from, to)
  }
}

const CONTROLS: Readonly<Record<string, number>> = { a: 0x07, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09, v: 0x0b }
