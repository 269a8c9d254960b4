/**
 * An Interviewer at a terminal: a wrong answer is told at once, and may be corrected.
 */
import { Effect, FileSystem, Layer, Path, Redacted, Result, Terminal } from "effect"
import { Prompt } from "effect/cli"
import { answersEnded, Interviewer, type Question, readAnswer, show } from "./Interviewer.ts"

/** Asks with prompts. Ctrl-C, Ctrl-D and Esc end it. */
export const layer: Layer.Layer<Interviewer, never, Prompt.Environment> = Layer.effect(
  Interviewer,
  Effect.gen(function* () {
    const terminal = yield* Terminal.Terminal
    // One reader of keys for all questions: what is pasted in several lines answers the questions that follow.
    const keys = yield* terminal.readInput
    const environment = Layer.mergeAll(
      Layer.succeed(Terminal.Terminal, Terminal.make({ ...terminal, readInput: Effect.succeed(keys) })),
      Layer.succeed(FileSystem.FileSystem, yield* FileSystem.FileSystem),
      Layer.succeed(Path.Path, yield* Path.Path)
    )
    return {
      ask: <A>(question: Question<A>) =>
        answerTo(question).pipe(
          Effect.provide(environment),
          Effect.mapError(() => answersEnded(question)),
          // The prompt took no other answer.
          Effect.flatMap((answer) => Effect.orDie(Effect.fromResult(readAnswer(question, answer))))
        )
    }
  })
)

const answerTo = (question: Question<unknown>) => {
  const options: Prompt.TextOptions = {
    message: show(question),
    validate: (answer) => Effect.fromResult(Result.map(readAnswer(question, answer), () => answer))
  }
  return question.isSecret === true ? Prompt.map(Prompt.Hidden(options), Redacted.value) : Prompt.String(options)
}
