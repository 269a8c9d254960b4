/**
 * Regular expressions that cannot be made slow by what they are asked about.
 *
 * JavaScript's own try one way after the other, and for a pattern such as `(a+)+$` a line of forty letters keeps them busy for
 * years. Those of RE2, in which Beats patterns are written, take all ways at once.
 *
 * **Source** https://swtch.com/~rsc/regexp/regexp1.html
 */
import { Result } from "effect"
import { CharacterClasses, type CharacterClass, type Kind } from "./CharacterClasses.ts"
import type { Boundary } from "./Expression.ts"
import { parse } from "./parse.ts"
import * as Program from "./Program.ts"

/**
 * A compiled pattern in RE2's syntax.
 *
 * **Guarantee** `test` answers as Go would, for characters as Unicode counts them; a lone surrogate is one of its own. It takes
 * time in proportion to the text, some nanoseconds for each character as a rule, and never more than some seconds: of a text
 * so long that the pattern could take more, only the beginning is looked at. That is 10 MiB and more for patterns of up to 6
 * steps, and 64 KiB for the largest that there may be. Memory is bounded as well.
 *
 * **Not promised** What matches and where: only whether anything does.
 */
export class LinearRegExp {
  readonly source: string
  private readonly program: Program.Program
  private readonly classes: CharacterClasses
  /** How much of a text is looked at. **Units** UTF-16 units. */
  private readonly maxLength: number
  /** A match may begin behind the start of the text. */
  private readonly isUnanchored: boolean
  private readonly start: State
  private states = new Map<string, State>()

  /** As `compile`, but throws a `SyntaxError`. */
  constructor(source: string) {
    const program = Program.compile(parse(source))
    this.source = source
    this.program = program
    this.maxLength = Math.floor(MAX_WORK / program.steps.length)
    this.classes = new CharacterClasses(program.sets)
    this.isUnanchored = closure(program, [program.start], (at) => at !== "textStart").size > 0
    this.start = this.stateOf([program.start], "textStart")
  }

  /** Compiles a pattern. **Errors** What is wrong with it. */
  static compile(source: string): Result.Result<LinearRegExp, string> {
    return Result.try({
      try: () => new LinearRegExp(source),
      catch: (error) => (error instanceof SyntaxError ? error.message : "it cannot be read")
    })
  }

  /** Whether the pattern matches anywhere in the text. */
  test(text: string): boolean {
    const { classes } = this
    const length = Math.min(text.length, this.maxLength)
    let state = this.start
    for (let at = 0; at < length; at++) {
      let code = text.charCodeAt(at)
      if (code >= FIRST_SURROGATE && code <= LAST_SURROGATE) {
        code = text.codePointAt(at) ?? code
        if (code > LAST_SINGLE_UNIT) at++
      }
      const index = classes.indexOf(code)
      const next = state.next[index] ?? this.step(state, index)
      if (next === MATCHED) return true
      if (next === LOST) return false
      state = next
    }
    return this.matches(this.reach(state, "textEnd"))
  }

  /** Where the text leads from a state with one more character, found once and then remembered. */
  private step(state: State, index: number): State {
    const character = this.classes.at(index)
    const reached = this.reach(state, character.kind)
    const next = this.matches(reached) ? MATCHED : this.follow(reached, character)
    state.next[index] = next
    return next
  }

  private follow(reached: ReadonlySet<number>, { kind, sets }: CharacterClass): State {
    const positions = new Set<number>()
    for (const position of reached) {
      const step = this.program.steps[position]
      if (step?.op === "one" && sets[step.set] === true) positions.add(step.next)
    }
    if (this.isUnanchored) positions.add(this.program.start)
    return positions.size === 0
      ? LOST
      : this.stateOf(
          [...positions].toSorted((a, b) => a - b),
          kind
        )
  }

  private reach(state: State, after: Kind): ReadonlySet<number> {
    return closure(this.program, state.positions, (at) => holds(at, state.before, after))
  }

  private matches(reached: ReadonlySet<number>): boolean {
    return reached.has(this.program.match)
  }

  private stateOf(positions: ReadonlyArray<number>, before: Kind): State {
    const key = `${before} ${positions.join(" ")}`
    const known = this.states.get(key)
    if (known !== undefined) return known
    // What is forgotten is found again; but what still leads to it must go, too.
    if (this.states.size === MAX_STATES) {
      for (const state of this.states.values()) state.next.length = 0
      this.states = new Map()
    }
    const state: State = { positions, before, next: [] }
    this.states.set(key, state)
    return state
  }
}

/** Steps times characters; measured at 20 to 80 ns where nothing that is remembered helps. */
const MAX_WORK = 64 * 1024 * 1024

/** States that are remembered. Patterns that people write have a few dozens. */
const MAX_STATES = 2000

/** Where a matcher may be: before these steps, behind a character of this kind. */
interface State {
  readonly positions: ReadonlyArray<number>
  readonly before: Kind
  /** By the class of the next character. */
  readonly next: Array<State>
}

/** No more of the text can change the answer. */
const MATCHED: State = { positions: [], before: "textStart", next: [] }
const LOST: State = { positions: [], before: "textStart", next: [] }

const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff
const LAST_SINGLE_UNIT = 0xffff

/** The steps that take a character, or match, that can be reached from these without taking one. */
const closure = (
  { steps }: Program.Program,
  positions: ReadonlyArray<number>,
  passes: (at: Boundary) => boolean
): ReadonlySet<number> => {
  const reached = new Set<number>()
  const seen = new Set(positions)
  // A set that grows while it is walked is walked to its new end.
  for (const position of seen) {
    const step = steps[position]
    if (step?.op === "either") for (const next of step.either) seen.add(next)
    else if (step?.op === "boundary") {
      if (passes(step.at)) seen.add(step.next)
    } else reached.add(position)
  }
  return reached
}

const holds = (at: Boundary, before: Kind, after: Kind): boolean => {
  switch (at) {
    case "textStart":
      return before === "textStart"
    case "textEnd":
      return after === "textEnd"
    case "lineStart":
      return before === "textStart" || before === "lineEnd"
    case "lineEnd":
      return after === "textEnd" || after === "lineEnd"
    case "word":
      return (before === "word") !== (after === "word")
    case "notWord":
      return (before === "word") === (after === "word")
  }
}
