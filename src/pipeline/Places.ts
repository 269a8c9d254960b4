/**
 * The places for messages in flight: s3beat never takes a message for which it has no place, because a message that waits
 * here ages invisibly while another daemon could work on it.
 */
import { Effect, Latch, Semaphore } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import { SQS_BATCH_SIZE } from "../source/SqsSource.ts"

/** The places of all queues together. */
export interface Places {
  /**
   * Waits for a place, takes as many as one receive may fill, and gives back those that it did not.
   *
   * **Guarantee** `receive` is asked for at least 1 and never more than there are places. Interruption and failure give all
   * places back.
   */
  readonly fill: <E, R>(
    receive: (max: number) => Effect.Effect<ReadonlyArray<QueueMessage>, E, R>
  ) => Effect.Effect<ReadonlyArray<QueueMessage>, E, R>

  /** Gives the place of one settled message back. */
  readonly leave: Effect.Effect<void>

  /** From now on there are so many places; who has one keeps it. */
  readonly resize: (places: number) => Effect.Effect<void>

  /** Waits until someone has to wait for a place. */
  readonly full: Effect.Effect<void>
}

/**
 * **Shape** `places` for messages, shared by `queues` pollers. An idle queue's long poll holds its places for as long as it
 * waits, so each poller takes at most its fair share: an idle queue never starves a busy one.
 */
export const make = (options: { readonly places: number; readonly queues: number }): Effect.Effect<Places> =>
  Effect.sync(() => {
    const semaphore = Semaphore.makeUnsafe(Math.max(options.places, options.queues))
    let places = options.places
    let waiting = 0
    const full = Latch.makeUnsafe(false)

    const wait = Effect.suspend(() => {
      waiting++
      full.openUnsafe()
      return Effect.ensuring(
        semaphore.take(1),
        Effect.sync(() => {
          if (--waiting === 0) full.closeUnsafe()
        })
      )
    })

    const take = Effect.gen(function* () {
      if (waiting > 0 || !(yield* semaphore.takeIfAvailable(1))) yield* wait
      const share = Math.max(1, Math.min(SQS_BATCH_SIZE, Math.floor(places / options.queues)))
      // As a rule there are as many.
      if (yield* semaphore.takeIfAvailable(share - 1)) return share
      let taken = 1
      while (taken < share && (yield* semaphore.takeIfAvailable(1))) taken++
      return taken
    })

    return {
      fill: (receive) =>
        Effect.acquireUseRelease(Effect.interruptible(take), receive, (taken, exit) =>
          semaphore.release(exit._tag === "Success" ? taken - exit.value.length : taken)
        ),
      leave: Effect.asVoid(semaphore.release(1)),
      resize: (size) =>
        Effect.suspend(() => {
          places = size
          return semaphore.resize(Math.max(size, options.queues))
        }),
      full: full.await
    }
  })
