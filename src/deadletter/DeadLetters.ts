/**
 * The port to where dead letters are kept, until someone has looked at them and sends them back.
 */
import type { Effect } from "effect"
import { Context, Schema } from "effect"
import type { DeadLetter } from "./DeadLetter.ts"

/** No destination for dead letters is configured. */
export class DestinationMissing extends Schema.TaggedError<DestinationMissing>()("DestinationMissing", {}) {
  get detail() {
    return "no destination for dead letters is configured"
  }
  override get message() {
    return this.detail
  }
}

/** The destination did not take a dead letter: it is down, full, or refuses it. */
export class DestinationUnavailable extends Schema.TaggedError<DestinationUnavailable>()("DestinationUnavailable", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/**
 * Dead letters were not kept, or not all.
 *
 * **Errors** In both cases the message must not be deleted. `DestinationMissing`: a person has to configure one.
 * `DestinationUnavailable`: try again later; what was kept already is kept twice then, and known by its id.
 */
export class DeadLettersError extends Schema.TaggedError<DeadLettersError>()("DeadLettersError", {
  reason: Schema.Union([DestinationMissing, DestinationUnavailable])
}) {
  override get message() {
    return `dead letters: ${this.reason.detail}`
  }
}

/** Where dead letters go. */
export class DeadLetters extends Context.Service<
  DeadLetters,
  {
    /** The destination's name for people: `queue s3beat-dead`, `/var/lib/s3beat/dead-letters`. */
    readonly name: string

    /**
     * Keeps the letters, and returns when all of them are safe: from then on s3beat may delete the message that they came
     * from, and no one else has a copy.
     *
     * **Guarantee** Gives up after some seconds rather than to wait for a destination that is down. Interruption leaves it
     * usable, and may leave letters behind that are kept.
     */
    readonly keep: (letters: ReadonlyArray<DeadLetter>) => Effect.Effect<void, DeadLettersError>
  }
>()("s3beat/deadletter/DeadLetters") {}

/** The error of a destination that did not take a letter. */
export const unavailable = (detail: string): DeadLettersError =>
  new DeadLettersError({ reason: new DestinationUnavailable({ detail }) })
