/**
 * The port to whoever answers questions: a person at a terminal, or a script.
 */
import { Context, type Effect, Result } from "effect"
import { parseFlag } from "../config/words.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"

/** Something to be asked. */
export interface Question<A> {
  /** What is asked for, in a few words: `Assume Role`. */
  readonly name: string
  /** What an answer looks like. */
  readonly hint?: string
  /** What an empty answer means, shown beside the question. */
  readonly fallback?: string
  /** Whether the answer is not to be seen. */
  readonly isSecret?: boolean
  /** From the answer, without the spaces around it, to its meaning, or to what is wrong with it. */
  readonly read: (answer: string) => Result.Result<A, string>
}

/** Asks one question after another. */
export class Interviewer extends Context.Service<
  Interviewer,
  {
    /**
     * Asks until there is an answer that can be read.
     *
     * **Errors** `CommandFailed` when whoever answers goes away, and, where nobody could correct it, when an answer is wrong.
     */
    readonly ask: <A>(question: Question<A>) => Effect.Effect<A, CommandFailed>
  }
>()("s3beat/cli/Interviewer") {}

/** A question whose empty answer is no, as LogRhythm's are. */
export const yesOrNo = (name: string): Question<boolean> => ({
  name,
  hint: "y/N",
  read: (answer) => (answer === "" ? Result.succeed(false) : parseFlag(answer))
})

/** The question in one line. */
export const show = ({ fallback, hint, name }: Question<unknown>): string =>
  `${name}${hint === undefined ? "" : ` (${hint})`}${fallback === undefined ? "" : ` [${fallback}]`}`

/** What the answer means. */
export const readAnswer = <A>({ fallback = "", read }: Question<A>, answer: string): Result.Result<A, string> => {
  const trimmed = answer.trim()
  return read(trimmed === "" ? fallback : trimmed)
}

/** Nobody answers any more. */
export const answersEnded = ({ name }: Question<unknown>): CommandFailed =>
  new CommandFailed({
    message: `there was no answer to "${name}"; nothing was written`,
    exitCode: exitCode.configWrong
  })
