/**
 * Two destinations: a queue, to which one can subscribe and alarm, and a file, which takes anything.
 */
import { Context, Effect, Layer } from "effect"
import { DeadLetters } from "./DeadLetters.ts"

/**
 * Rejected messages go to the first destination, refused events to the second; and so does whatever the first does not take.
 *
 * **Guarantee** A letter is safe in one of the two before `keep` returns.
 */
export const layer = <E1, R1, E2, R2>(
  messages: Layer.Layer<DeadLetters, E1, R1>,
  events: Layer.Layer<DeadLetters, E2, R2>
): Layer.Layer<DeadLetters, E1 | E2, R1 | R2> =>
  Layer.effect(
    DeadLetters,
    Effect.gen(function* () {
      const first = Context.get(yield* Layer.build(messages), DeadLetters)
      const second = Context.get(yield* Layer.build(events), DeadLetters)
      return DeadLetters.of({
        name: `${first.name} and ${second.name}`,
        keep: Effect.fnUntraced(function* (letters) {
          const ofMessages = letters.filter(({ kind }) => kind === "message")
          const others = letters.filter(({ kind }) => kind !== "message")
          yield* second.keep(others)
          yield* Effect.catch(first.keep(ofMessages), ({ reason }) =>
            Effect.andThen(
              Effect.logWarning(`Dead letters go to ${second.name} instead of ${first.name}: ${reason.detail}.`),
              second.keep(ofMessages)
            )
          )
        })
      })
    })
  )
