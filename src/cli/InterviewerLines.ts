/**
 * An Interviewer of a script: one line of stdin for each question, in order.
 */
import { Console, Effect, Layer, Queue, Result, Stdio, Stream } from "effect"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { answersEnded, Interviewer, type Question, readAnswer, show } from "./Interviewer.ts"

/** Prints each question on a line of its own and takes the next line as its answer. A script cannot correct a wrong one. */
export const layer: Layer.Layer<Interviewer, never, Stdio.Stdio> = Layer.effect(
  Interviewer,
  Effect.gen(function* () {
    const { stdin } = yield* Stdio.Stdio
    const lines = yield* stdin.pipe(Stream.decodeText, Stream.splitLines, Stream.toQueue({ capacity: 16 }))
    let asked = 0
    return {
      ask: Effect.fnUntraced(function* <A>(question: Question<A>) {
        yield* Console.log(show(question))
        asked++
        const line = yield* Effect.mapError(Queue.take(lines), () => answersEnded(question))
        return yield* Effect.fromResult(
          Result.mapError(
            readAnswer(question, line),
            (reason) =>
              new CommandFailed({
                message: `answer ${asked} ("${question.name}"): ${reason}; nothing was written`,
                exitCode: exitCode.configWrong
              })
          )
        )
      })
    }
  })
)
