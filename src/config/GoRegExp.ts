/**
 * Regular expressions as Beats files write them, in Go's syntax, which is RE2's.
 */
import { Result, Schema } from "effect"
import { LinearRegExp } from "../re2/LinearRegExp.ts"
import { scalar } from "./scalar.ts"

/** Compiles a pattern. **Errors** What is wrong with it. */
export const parse = (pattern: string): Result.Result<LinearRegExp, string> =>
  Result.mapError(LinearRegExp.compile(pattern), (problem) => `is no valid regular expression: ${problem}`)

/** A regular expression. */
export const GoRegExp = scalar(Schema.instanceOf(LinearRegExp), "a regular expression", parse)
