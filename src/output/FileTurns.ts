/**
 * Whose turn it is to write to the files of an output: every worker of a process does it itself, one at a time.
 */
import { Context, type Effect } from "effect"
import type { UndoRecord } from "./UndoRecord.ts"

/** The turns of all who write to the same files. */
export class FileTurns extends Context.Service<
  FileTurns,
  {
    /**
     * Runs the effect when its turn comes. Between two turns anything may happen to the files.
     *
     * **Guarantee** One at a time; each waits for at most one turn of every other writer. Whoever dies in its turn has written its last
     * byte before the next one begins.
     */
    readonly during: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

    /** What a turn has left to undo. Only to be looked at in a turn. */
    readonly undo: UndoRecord
  }
>()("s3beat/output/FileTurns") {}
