/**
 * What is wrong, or worth a warning, in a config file, and where.
 */
import { Order } from "effect"
import { printable } from "../domain/printable.ts"

/** A place in a text. **Units** Both count from 1, as editors do; 0 means the file as a whole. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One thing that is wrong at one place. **Shape** `key` is empty where no key is meant. Never holds the value of a secret key. */
export interface Problem extends Position {
  readonly key: string
  readonly message: string
}

/** One step from a key to what it holds: a name in a section, or an index in a list. */
export type KeyPath = ReadonlyArray<PropertyKey>

/** A problem with the file as a whole. */
export const ofFile = (message: string): Problem => ({ line: 0, column: 0, key: "", message })

/** A problem with one key. */
export const ofKey = (position: Position, path: KeyPath, message: string): Problem => ({
  line: position.line,
  column: position.column,
  key: showKey(path),
  message
})

/** Problems in the order in which they stand in the file. */
export const byPosition: Order.Order<Problem> = Order.combine(
  Order.mapInput(Order.Number, (problem) => problem.line),
  Order.mapInput(Order.Number, (problem) => problem.column)
)

/** One line for people, whatever the file holds: `s3beat.yml:12:5 stsCredsExpirationTime: 14m is below the minimum of 15m`. */
export const show = (file: string, { column, key, line, message }: Problem): string => {
  const place = line === 0 ? `${file}:` : `${file}:${line}:${column}`
  return `${place} ${printable(key === "" ? message : `${key}: ${message}`)}`
}

/** A key as people name it: `sqsQueues[0]`, `output.file.path`. Keys under `s3beat` go by their own name. */
export const showKey = (path: KeyPath): string =>
  (path.length > 1 && path[0] === "s3beat" ? path.slice(1) : path)
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .replace(/^\./, "")
