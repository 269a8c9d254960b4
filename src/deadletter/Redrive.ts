/**
 * Sending dead letters back: which of them, and what became of each.
 */
import { Effect, Schema } from "effect"
import type { DeadLetter } from "./DeadLetter.ts"

/** Which letters are to go back. **Shape** An empty list means all. */
export interface Selection {
  readonly reasons: ReadonlyArray<string>
  /** Their queues of origin, as `nameOf` writes them. */
  readonly queues: ReadonlyArray<string>
  /** At most so many. */
  readonly max: number
  /** They are counted, and stay where they are. */
  readonly isDryRun: boolean
}

/** This letter cannot go back: it was refused again, or its origin is not known. The others may. */
export class LetterRefused extends Schema.TaggedError<LetterRefused>()("LetterRefused", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The redrive cannot go on. What has not gone back is where it was. */
export class RedriveError extends Schema.TaggedError<RedriveError>()("RedriveError", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** What became of the letters of one reason: they went back, could not, or were not selected. */
export interface Tally {
  readonly reason: string
  readonly back: number
  readonly refused: number
  readonly left: number
}

/** Stands for the reason of lines that are no dead letters. */
const UNREADABLE = "unreadable"

/** A redrive that is under way. */
export interface Redrive {
  /**
   * Sends the letter back if it is selected; `undefined` stands for one that cannot be read. Answers whether it may be removed.
   *
   * **Errors** `RedriveError`: the letter may or may not have gone back, and must not be removed.
   */
  readonly handle: (letter: DeadLetter | undefined) => Effect.Effect<boolean, RedriveError>
  /** Counts a letter that stays in any case. */
  readonly leave: (letter: DeadLetter) => void
  /** As many as may go back have gone: there is no need to look for more. */
  readonly isDone: () => boolean
  readonly isDryRun: boolean
  readonly tally: () => ReadonlyArray<Tally>
}

/** A redrive of what is selected, by `giveBack`. */
export const make = (
  selection: Selection,
  giveBack: (letter: DeadLetter) => Effect.Effect<void, LetterRefused | RedriveError>
): Redrive => {
  const tallies = new Map<string, { reason: string; back: number; refused: number; left: number }>()
  let taken = 0

  const count = (reason: string, what: "back" | "refused" | "left") => {
    const tally = tallies.get(reason) ?? { reason, back: 0, refused: 0, left: 0 }
    tally[what]++
    tallies.set(reason, tally)
  }

  const isSelected = ({ queue, reason }: DeadLetter) =>
    taken < selection.max && isAmong(reason, selection.reasons) && isAmong(queue, selection.queues)

  const handle = Effect.fnUntraced(function* (letter: DeadLetter | undefined) {
    if (letter === undefined || !isSelected(letter)) {
      count(letter?.reason ?? UNREADABLE, "left")
      return false
    }
    taken++
    const isBack =
      !selection.isDryRun &&
      (yield* giveBack(letter).pipe(
        Effect.as(true),
        Effect.catchTag("LetterRefused", ({ detail }) =>
          Effect.as(Effect.logWarning(`The ${letter.kind} ${letter.messageId} stays a dead letter: ${detail}.`), false)
        )
      ))
    count(letter.reason, isBack || selection.isDryRun ? "back" : "refused")
    return isBack
  })

  return {
    handle,
    leave: ({ reason }) => count(reason, "left"),
    isDone: () => taken >= selection.max,
    isDryRun: selection.isDryRun,
    tally: () => [...tallies.values()].toSorted((a, b) => a.reason.localeCompare(b.reason))
  }
}

const isAmong = (text: string, wanted: ReadonlyArray<string>): boolean => wanted.length === 0 || wanted.includes(text)
