/**
 * The turns of threads that write to the same files.
 */
import { Effect, Layer, Semaphore } from "effect"
import { FileTurns } from "./FileTurns.ts"
import * as SharedTurns from "./SharedTurns.ts"
import * as UndoRecord from "./UndoRecord.ts"

/** What these threads have in common. **Shape** May be given to a thread. */
export interface SharedFiles {
  readonly turns: SharedTurns.SharedTurns
  readonly undo: UndoRecord.UndoRecord
}

/** For so many writers, each with a place of its own: 0 is the first one. */
export const make = (writers: number): SharedFiles => ({ turns: SharedTurns.make(writers), undo: UndoRecord.make() })

/** The turns of the writer of this place. */
export const layer = ({ turns, undo }: SharedFiles, place: number): Layer.Layer<FileTurns> =>
  Layer.effect(
    FileTurns,
    Effect.map(Semaphore.make(1), (oneAtATime) => {
      const leave = Effect.sync(() => SharedTurns.leave(turns, place))
      const enter = Effect.suspend(() => {
        const coming = SharedTurns.enter(turns, place)
        return coming === undefined ? Effect.void : Effect.promise(() => coming)
      })
      return FileTurns.of({
        during: (effect) =>
          oneAtATime.withPermit(
            Effect.uninterruptibleMask((restore) =>
              Effect.ensuring(Effect.andThen(restore(enter), restore(effect)), leave)
            )
          ),
        undo
      })
    })
  )

/** The writer of this place has ended, wherever it was: another one may begin in its stead. */
export const ended = ({ turns }: SharedFiles, place: number): Effect.Effect<void> =>
  Effect.sync(() => SharedTurns.leave(turns, place))

/** The turns of the only writer. */
export const layerAlone: Layer.Layer<FileTurns> = Layer.suspend(() => layer(make(1), 0))
