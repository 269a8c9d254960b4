/**
 * How many messages are worked on at once: a level that finds itself, so that nobody has to know whether a queue announces a
 * million objects of one event or ten of a gigabyte.
 */
import { Duration, Effect } from "effect"
import type { Places } from "./Places.ts"

/** What was seen while there were fewer places than messages. */
export interface Seen {
  /** An object waited for bytes of a budget: more messages would only wait with it. */
  readonly wasShort: boolean
  /** The thread had no time to spare: more messages would only take memory. */
  readonly wasBusy: boolean
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
export const nextLevel = (
  level: number,
  { hasProgress, isStrained, wasBusy, wasShort }: Seen,
  { max, min }: Bounds
): number => {
  if (isStrained || !hasProgress) return Math.max(min, Math.floor(level / 2))
  return wasShort || wasBusy ? level : Math.min(max, Math.ceil(level * 1.5))
}

/** So long after someone has waited for a place the level is set. */
const INTERVAL = Duration.seconds(1)

/** What the level is set by. **Shape** `was…` answer for the time since they were asked last; `acked` and `strains` only grow. */
export interface LevelOptions extends Bounds {
  readonly places: Places
  readonly wasShort: () => boolean
  readonly wasBusy: () => boolean
  readonly acked: Effect.Effect<number>
  readonly strains: Effect.Effect<number>
}

/** Sets the number of places, again and again while there are too few of them, for ever. */
export const keepLevel = Effect.fnUntraced(function* ({
  acked,
  places,
  strains,
  wasBusy,
  wasShort,
  ...bounds
}: LevelOptions) {
  let level = Math.min(bounds.max, FIRST_LEVEL)
  yield* places.resize(level)
  return yield* Effect.gen(function* () {
    yield* places.full
    wasShort()
    wasBusy()
    const before = { acked: yield* acked, strains: yield* strains }
    yield* Effect.sleep(INTERVAL)
    const seen = {
      wasShort: wasShort(),
      wasBusy: wasBusy(),
      hasProgress: (yield* acked) > before.acked,
      isStrained: (yield* strains) > before.strains
    }
    const next = nextLevel(level, seen, bounds)
    if (next === level) return
    level = next
    yield* places.resize(level)
  }).pipe(Effect.forever)
})
