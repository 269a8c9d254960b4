/**
 * No destination: rejected messages stay in their queue.
 */
import { Effect, Layer } from "effect"
import { DeadLetters, DeadLettersError, DestinationMissing } from "./DeadLetters.ts"

/** Keeps nothing, and says so. */
export const layer: Layer.Layer<DeadLetters> = Layer.succeed(DeadLetters, {
  name: "none",
  keep: () => Effect.fail(new DeadLettersError({ reason: new DestinationMissing() }))
})
