/**
 * The plain words of a config: texts, flags, whole numbers, choices, secrets.
 */
import { Order, Redacted, Result, Schema } from "effect"
import { between, type Bounds } from "./between.ts"
import { type ParseText, scalar, showText } from "./scalar.ts"

/** Any text; numbers are taken as they are written. */
export const Text = scalar(Schema.String, "a text", Result.succeed)

/** The spellings of a flag: YAML 1.1's, which Beats read, and the prompt's y/N. In quotes too, as LogRhythm writes some. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "on", "y"].map((word) => [word, true] as const),
  ...["false", "no", "off", "n"].map((word) => [word, false] as const)
])

/** What a word says as a flag, if it is one. */
export const flagOf = (text: string): boolean | undefined => FLAGS.get(text.toLowerCase())

/** Reads a flag. **Errors** A sentence that says what a flag is. */
export const parseFlag: ParseText<boolean> = (text) => {
  const flag = flagOf(text)
  return flag === undefined ? Result.fail(`${showText(text)} is neither true nor false`) : Result.succeed(flag)
}

/** On or off. */
export const Flag = scalar(Schema.Boolean, "true or false", parseFlag)

/** A whole number within bounds. */
export const wholeNumber = (bounds: Bounds<number>) =>
  scalar(Schema.Number.check(between(bounds, Order.Number, String)), "a whole number", (text) =>
    /^-?\d{1,15}$/.test(text) ? Result.succeed(Number(text)) : Result.fail(`${showText(text)} is no whole number`)
  )

/** One of a few words, each standing for a value. */
export const oneOf = <const Value extends string>(values: Readonly<Record<string, Value>>) => {
  const words = Object.keys(values).join(", ")
  return scalar(Schema.Literals<ReadonlyArray<Value>>(Object.values(values)), `one of ${words}`, (text) => {
    const value = Object.hasOwn(values, text) ? values[text] : undefined
    return value === undefined ? Result.fail(`${showText(text)} is none of ${words}`) : Result.succeed(value)
  })
}

/** How LogRhythm's tools store a key that they have encrypted: `1||base64`. Only they can decrypt it. */
const ENCRYPTED = /^\d\|\|.{23,}$/

/** A secret. **Guarantee** Redacted from here on, and in no message. */
export const Secret = scalar(Schema.Redacted(Schema.String), "a text", (text) =>
  ENCRYPTED.test(text)
    ? Result.fail("is encrypted by LogRhythm's own tools; enter the plain key, or name a variable as in ${AWS_KEY}")
    : Result.succeed(Redacted.make(text))
)
