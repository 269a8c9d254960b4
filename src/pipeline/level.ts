/**
 * How many messages are worked on at once: a level that finds itself, so that nobody has to know whether a queue announces a
 * million objects of one event or ten of a gigabyte.
 */
import { Duration, Effect, Schedule } from "effect"
import type { ByteBudget } from "./ByteBudget.ts"
import type { Places } from "./Places.ts"

/** What was seen since the level was set. */
export interface Seen {
  /** A message could have been taken, had there been a place for it. */
  readonly wereFull: boolean
  /** An object waited for bytes of the budget: more messages would only wait with it. */
  readonly wasShort: boolean
  /** The output acknowledged events. */
  readonly hasProgress: boolean
  /** S3 throttled, failed or fell silent. */
  readonly isStrained: boolean
}

/** Between what the level moves. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** Enough to keep a core busy with objects of some size, few enough to begin gently. */
export const FIRST_LEVEL = 32

/**
 * The next level: half as much where S3 is strained or the output takes nothing of all that is in flight; half as much again
 * where places are all that is missing; else the same.
 */
export const nextLevel = (level: number, seen: Seen, { max, min }: Bounds): number => {
  if (seen.isStrained || (seen.wereFull && !seen.hasProgress)) return Math.max(min, Math.floor(level / 2))
  if (seen.wereFull && !seen.wasShort) return Math.min(max, Math.ceil(level * 1.5))
  return level
}

/** How often the level is set. */
const INTERVAL = Duration.seconds(1)

/** What the level is set by. **Shape** `acked` and `strains` are counts that only grow. */
export interface LevelOptions extends Bounds {
  readonly places: Places
  readonly budget: ByteBudget
  readonly acked: Effect.Effect<number>
  readonly strains: Effect.Effect<number>
}

/** Sets the number of places again and again, for ever. */
export const keepLevel = Effect.fnUntraced(function* ({ acked, budget, places, strains, ...bounds }: LevelOptions) {
  let level = Math.min(bounds.max, FIRST_LEVEL)
  let before = { acked: yield* acked, strains: yield* strains }
  yield* places.resize(level)
  return yield* Effect.gen(function* () {
    const now = { acked: yield* acked, strains: yield* strains }
    const next = nextLevel(
      level,
      {
        wereFull: places.wereFull(),
        wasShort: budget.wasShort(),
        hasProgress: now.acked > before.acked,
        isStrained: now.strains > before.strains
      },
      bounds
    )
    before = now
    if (next === level) return
    level = next
    yield* places.resize(level)
  }).pipe(Effect.delay(INTERVAL), Effect.repeat(Schedule.forever), Effect.andThen(Effect.never))
})
