/**
 * Regular expressions as Beats files write them, in Go's syntax (RE2), compiled to those of JavaScript.
 *
 * What both share goes through untouched. What JavaScript would misread without a word is translated: `[[:space:]]` of the
 * well-known stack trace pattern would be a class of the letters of "space".
 */
import { Result, Schema } from "effect"
import { scalar } from "./scalar.ts"

/** **Source** https://github.com/google/re2/wiki/Syntax, ASCII character classes */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f"
}

const POSIX_NEGATIONS: Readonly<Record<string, string>> = { digit: "\\D", space: "\\S", word: "\\W" }

/** What is translated: quoted text, an escape, the beginning of a named group, a whole bracket expression. */
const TRANSLATED = /\\Q([^]*?)(?:\\E|$)|\\[^]|\(\?P<|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[^]|[^\]])*\]/g

/**
 * Compiles a pattern.
 *
 * **Shape** `(?i)`, `(?m)` and `(?s)` at the beginning become flags; POSIX classes, `\A`, `\z`, `\Q…\E` and `(?P<name>…)` are
 * translated.
 *
 * **Errors** What is wrong with the pattern, in the engine's words.
 */
export const parse = (pattern: string): Result.Result<RegExp, string> => {
  const [prefix = "", flags = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? []
  const body = pattern.slice(prefix.length)
  return Result.try({
    try: () => new RegExp(translate(body), flags + (/\\[pP]/.test(body) ? "u" : "")),
    catch: (error) =>
      `is no valid regular expression: ${error instanceof Error ? error.message.replace(/^.*\/[a-z]*: /s, "") : "unknown cause"}`
  })
}

/** A regular expression. */
export const GoRegExp = scalar(Schema.RegExp, "a regular expression", parse)

const translate = (pattern: string): string =>
  pattern.replace(TRANSLATED, (token, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
    if (token === "(?P<") return "(?<"
    if (token === "\\A") return "(?<![^])"
    if (token === "\\z") return "(?![^])"
    return token.startsWith("[") ? translateBrackets(token) : token
  })

/** A `]` right after the opening bracket stands for itself in Go; in JavaScript it would close the brackets. */
const translateBrackets = (brackets: string): string =>
  brackets
    .replace(/^(\[\^?)\]/, "$1\\]")
    .replace(/\\[^]|\[:(\^?)([a-z]+):\]/g, (token, not: string | undefined, name: string | undefined) =>
      name === undefined ? token : posixClass(name, not === "^")
    )

const posixClass = (name: string, isNegated: boolean): string => {
  const classes = isNegated ? POSIX_NEGATIONS : POSIX_CLASSES
  const translated = Object.hasOwn(classes, name) ? classes[name] : undefined
  if (translated === undefined) throw new SyntaxError(`the class [:${isNegated ? "^" : ""}${name}:] is not supported`)
  return translated
}
