/**
 * From the text of a regular expression in Go's syntax to its parts.
 *
 * **Source** https://github.com/google/re2/wiki/Syntax
 */
import * as CharacterSet from "./CharacterSet.ts"
import type { Boundary, Expression } from "./Expression.ts"
import { Reading } from "./Reading.ts"

/** Groups within groups: as many as Go allows. */
const MAX_DEPTH = 1000

/** How often `{n}` may repeat: as often as Go allows. */
const MAX_REPEAT = 1000

/** What `(?i)`, `(?m)` and `(?s)` switch. */
interface Flags {
  readonly ignoresCase: boolean
  readonly isMultiline: boolean
  readonly takesLineEnds: boolean
}

/**
 * Takes a pattern apart.
 *
 * **Shape** Everything that decides whether a text matches. What only says which part of it, such as greed and the names of
 * groups, is read and forgotten.
 *
 * **Errors** Throws a `SyntaxError` that says what is wrong.
 */
export const parse = (pattern: string): Expression => {
  const reading = new Reading(pattern)
  const expression = alternatives(reading, { ignoresCase: false, isMultiline: false, takesLineEnds: false }, 0)
  if (!reading.isAtEnd) throw new SyntaxError("a ) closes no group")
  return expression
}

/** Up to the end of the group. Flags that are set within it hold to its end. */
const alternatives = (reading: Reading, given: Flags, depth: number): Expression => {
  if (depth > MAX_DEPTH) throw new SyntaxError(`groups are nested more than ${MAX_DEPTH} deep`)
  const choices: Array<Expression> = []
  let flags = given
  let parts: Array<Expression> = []
  let isRepeatable = false
  const add = (...expressions: ReadonlyArray<Expression>) => {
    parts.push(...expressions)
    isRepeatable = expressions.length > 0
  }
  const one = (set: string): Expression => ({ _tag: "One", set, ignoresCase: flags.ignoresCase })

  while (!reading.isAtEnd && !reading.isAt(")")) {
    const repeat = reading.take(/\*|\+|\?|\{(\d+)(,(\d*))?\}/y)
    if (repeat !== undefined) {
      const last = parts.pop()
      if (last === undefined || !isRepeatable) throw new SyntaxError(`there is nothing for ${repeat[0]} to repeat`)
      parts.push({ _tag: "Repeat", of: last, ...countsOf(repeat) })
      isRepeatable = false
      reading.take(/\?/y)
    } else if (reading.take(/\|/y) !== undefined) {
      choices.push({ _tag: "Sequence", parts })
      parts = []
      isRepeatable = false
    } else if (reading.isAt("(")) {
      const opening = groupOpening(reading, flags)
      if (opening.isGroup) {
        add(alternatives(reading, opening.flags, depth + 1))
        if (reading.take(/\)/y) === undefined) throw new SyntaxError("a group is not closed")
      } else {
        flags = opening.flags
        isRepeatable = false
      }
    } else if (reading.take(/\^/y) !== undefined) {
      add(boundary(flags.isMultiline ? "lineStart" : "textStart"))
    } else if (reading.take(/\$/y) !== undefined) {
      add(boundary(flags.isMultiline ? "lineEnd" : "textEnd"))
    } else if (reading.take(/\./y) !== undefined) {
      add(one(CharacterSet.any(flags.takesLineEnds)))
    } else if (reading.isAt("[")) {
      add(one(reading.brackets()))
    } else {
      const quoted = reading.take(/\\Q([^]*?)(?:\\E|$)/y)
      const escaped = quoted === undefined ? reading.take(/\\([AzbB])/y) : undefined
      if (quoted !== undefined) {
        for (const character of quoted[1] ?? "") add(one(CharacterSet.literal(character.codePointAt(0) ?? 0)))
      } else if (escaped === undefined) {
        add(one(reading.set() ?? CharacterSet.literal(reading.codePoint())))
      } else {
        add(boundary(BOUNDARIES[escaped[1] ?? ""] ?? "word"))
      }
    }
  }
  choices.push({ _tag: "Sequence", parts })
  return { _tag: "Choice", parts: choices }
}

const boundary = (at: Boundary): Expression => ({ _tag: "Boundary", at })

const BOUNDARIES: Readonly<Record<string, Boundary>> = { A: "textStart", z: "textEnd", b: "word", B: "notWord" }

const groupOpening = (reading: Reading, flags: Flags): { readonly flags: Flags; readonly isGroup: boolean } => {
  if (reading.take(/\((?!\?)|\(\?P?<[A-Za-z_]\w*>/y) !== undefined) return { flags, isGroup: true }
  const set = reading.take(/\(\?([imsU]*)(?:-([imsU]+))?([:)])/y)
  if (set === undefined) {
    throw new SyntaxError(
      /^\(\?<?[=!]/.test(reading.rest)
        ? "RE2 cannot look ahead or behind, as (?=, (?!, (?<= and (?<! would"
        : "a (? begins neither a group nor flags"
    )
  }
  const [, on = "", off = "", end] = set
  const flag = (letter: string, before: boolean) => (before || on.includes(letter)) && !off.includes(letter)
  return {
    isGroup: end === ":",
    flags: {
      ignoresCase: flag("i", flags.ignoresCase),
      isMultiline: flag("m", flags.isMultiline),
      takesLineEnds: flag("s", flags.takesLineEnds)
    }
  }
}

const countsOf = ([token, least = "", comma, most = ""]: ReadonlyArray<string>) => {
  if (token === "*") return { minimum: 0, maximum: Infinity }
  if (token === "+") return { minimum: 1, maximum: Infinity }
  if (token === "?") return { minimum: 0, maximum: 1 }
  const minimum = Number(least)
  const maximum = comma === undefined ? minimum : most === "" ? Infinity : Number(most)
  if (minimum > MAX_REPEAT || (maximum > MAX_REPEAT && maximum !== Infinity)) {
    throw new SyntaxError(`${token} repeats more than ${MAX_REPEAT} times`)
  }
  if (maximum < minimum) throw new SyntaxError(`${token} ends before it begins`)
  return { minimum, maximum }
}
