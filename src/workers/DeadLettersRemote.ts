/**
 * The dead letters of a worker: the main thread has their destination.
 */
import { Effect, Layer, Schema } from "effect"
import { DeadLetters, DeadLettersError } from "../deadletter/DeadLetters.ts"
import { MainThread } from "./MainThread.ts"

const decodeError = Schema.decodeUnknownSync(DeadLettersError)

/** **Shape** `name` is that of the main thread's destination. */
export const layer = (name: string): Layer.Layer<DeadLetters, never, MainThread> =>
  Layer.effect(
    DeadLetters,
    Effect.map(MainThread, (main) =>
      DeadLetters.of({
        name,
        keep: Effect.fnUntraced(function* (letters) {
          const answer = yield* main.ask({ _tag: "Keep", letters })
          if (answer._tag === "Failed") return yield* decodeError(answer.error)
        })
      })
    )
  )
