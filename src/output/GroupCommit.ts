/**
 * Group commit: those who come while a group is on its way to the disk go together in the next one.
 */
import { Deferred, Effect, Semaphore } from "effect"

/** Takes items, and puts them in the order in which they came where they are to go. */
export interface GroupCommit<A, E> {
  /**
   * Returns when the item is committed, alone or with others, and fails as its group does.
   *
   * **Guarantee** Nobody looks at the item once this has ended: interruption takes it out of the queue, or waits for its group.
   */
  readonly commit: (item: A) => Effect.Effect<void, E>
}

/**
 * What commits a group. `first` is in it; `take` adds those who wait behind it, as long as they fit with it into so much room, and
 * answers all of the group. It is called once at most, by one group at a time, and not interrupted.
 */
export type Write<A, E> = (first: A, take: (room: number) => ReadonlyArray<A>) => Effect.Effect<void, E>

/** An empty queue before `write`. */
export const make = Effect.fnUntraced(function* <A, E>(
  sizeOf: (item: A) => number,
  write: Write<A, E>
): Effect.fn.Return<GroupCommit<A, E>> {
  const oneAtATime = yield* Semaphore.make(1)
  const waiting = new Set<Waiting<A, E>>()

  const commitWith = (first: Waiting<A, E>) => {
    const group = [first]
    waiting.delete(first)
    const take = (room: number) => {
      let left = room - sizeOf(first.item)
      for (const next of waiting) {
        left -= sizeOf(next.item)
        if (left < 0) break
        waiting.delete(next)
        group.push(next)
      }
      return group.map(({ item }) => item)
    }
    return Effect.map(Effect.exit(write(first.item, take)), (exit) => {
      for (const { committed } of group) Deferred.doneUnsafe(committed, exit)
    })
  }

  const commit = (item: A) =>
    Effect.suspend(() => {
      const own: Waiting<A, E> = { item, committed: Deferred.makeUnsafe() }
      waiting.add(own)
      return oneAtATime
        .withPermit(Effect.uninterruptible(Effect.suspend(() => (waiting.has(own) ? commitWith(own) : Effect.void))))
        .pipe(
          Effect.andThen(Deferred.await(own.committed)),
          Effect.onInterrupt(() => (waiting.delete(own) ? Effect.void : Effect.ignore(Deferred.await(own.committed))))
        )
    })

  return { commit }
})

interface Waiting<A, E> {
  readonly item: A
  readonly committed: Deferred.Deferred<void, E>
}
