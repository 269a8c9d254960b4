/**
 * An expression as steps that a matcher can take without ever going back.
 *
 * **Source** Ken Thompson, Regular Expression Search Algorithm, 1968; https://swtch.com/~rsc/regexp/regexp1.html
 */
import type { Boundary, Expression, One } from "./Expression.ts"

/** A step. **Shape** `next` and `either` are positions of other steps; `set` is one of the program's. */
export type Step =
  | { readonly op: "one"; readonly set: number; readonly next: number }
  | { readonly op: "either"; readonly either: ReadonlyArray<number> }
  | { readonly op: "boundary"; readonly at: Boundary; readonly next: number }
  | { readonly op: "match" }

/** Steps, the positions of the first and of the match, and the sets of characters that they take. */
export interface Program {
  readonly steps: ReadonlyArray<Step>
  readonly start: number
  readonly match: number
  readonly sets: ReadonlyArray<RegExp>
}

/** Far more than patterns have that people write. */
export const MAX_STEPS = 1000

/** Compiles an expression. **Errors** Throws a `SyntaxError` when it would take more than `MAX_STEPS`. */
export const compile = (expression: Expression): Program => {
  const steps: Array<Step> = []
  const sets = new Map<string, number>()
  const compiled: Array<RegExp> = []
  let visits = 0

  const add = (step: Step): number => {
    if (steps.length === MAX_STEPS) throw tooLarge()
    return steps.push(step) - 1
  }

  const setOf = ({ ignoresCase, set }: One): number => {
    const key = `${ignoresCase ? "i" : "c"}${set}`
    const known = sets.get(key)
    if (known !== undefined) return known
    sets.set(key, compiled.length)
    return compiled.push(new RegExp(`^${set}$`, ignoresCase ? "vi" : "v")) - 1
  }

  /** The position of what takes the expression and then goes on at `next`. */
  const from = (expression: Expression, next: number): number => {
    // What repeats nothing adds no step, however often it does.
    if (++visits > 100 * MAX_STEPS) throw tooLarge()
    switch (expression._tag) {
      case "One":
        return add({ op: "one", set: setOf(expression), next })
      case "Boundary":
        return add({ op: "boundary", at: expression.at, next })
      case "Sequence":
        return expression.parts.reduceRight((next, part) => from(part, next), next)
      case "Choice": {
        const [only, ...others] = expression.parts
        return only !== undefined && others.length === 0
          ? from(only, next)
          : add({ op: "either", either: expression.parts.map((part) => from(part, next)) })
      }
      case "Repeat":
        return repeat(expression.of, expression.minimum, expression.maximum, next)
    }
  }

  const repeat = (of: Expression, minimum: number, maximum: number, next: number): number => {
    let start = next
    let copies = minimum
    if (maximum === Infinity) {
      const either: Array<number> = [next]
      const again = add({ op: "either", either })
      const once = from(of, again)
      either.push(once)
      // The copy that comes again may as well come first.
      start = minimum === 0 ? again : once
      copies = Math.max(minimum - 1, 0)
    } else {
      for (let count = minimum; count < maximum; count++) start = add({ op: "either", either: [next, from(of, start)] })
    }
    for (let count = 0; count < copies; count++) start = from(of, start)
    return start
  }

  const match = add({ op: "match" })
  const start = from(expression, match)
  return { steps, start, match, sets: compiled }
}

const tooLarge = () => new SyntaxError("repeats more than any pattern may; write {n} with smaller numbers")
