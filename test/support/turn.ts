import { Effect } from "effect"

/** Lets the sockets of this process have a turn. */
export const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
