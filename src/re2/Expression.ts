/**
 * A regular expression as it was written, taken apart.
 */

/** Where an expression can hold without taking a character. */
export type Boundary = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "word" | "notWord"

/**
 * One character of a set.
 *
 * **Shape** `set` is the source of a JavaScript expression for one character, in the mode of its flag `v`. `ignoresCase` takes
 * in what differs from it in case alone.
 */
export interface One {
  readonly _tag: "One"
  readonly set: string
  readonly ignoresCase: boolean
}

/** An expression. **Shape** A `Sequence` of no parts is the empty text; `maximum` may be `Infinity`. */
export type Expression =
  | One
  | { readonly _tag: "Boundary"; readonly at: Boundary }
  | { readonly _tag: "Sequence"; readonly parts: ReadonlyArray<Expression> }
  | { readonly _tag: "Choice"; readonly parts: ReadonlyArray<Expression> }
  | { readonly _tag: "Repeat"; readonly of: Expression; readonly minimum: number; readonly maximum: number }
