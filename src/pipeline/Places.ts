/**
 * The places for messages in flight: s3beat never takes a message for which it has no place, because a message that waits
 * here ages invisibly while another daemon could work on it.
 */
import { Effect, Semaphore } from "effect"
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
}

/**
 * **Shape** `places` for messages, shared by `queues` pollers. An idle queue's long poll holds its places for as long as it
 * waits, so each poller takes at most its fair share: an idle queue never starves a busy one.
 */
export const make = (options: { readonly places: number; readonly queues: number }): Effect.Effect<Places> =>
  Effect.map(Semaphore.make(Math.max(options.places, options.queues)), (semaphore) => {
    const share = Math.max(1, Math.min(SQS_BATCH_SIZE, Math.floor(options.places / options.queues)))

    const take = Effect.gen(function* () {
      yield* semaphore.take(1)
      let taken = 1
      while (taken < share && (yield* semaphore.takeIfAvailable(1))) taken++
      return taken
    })

    return {
      fill: (receive) =>
        Effect.acquireUseRelease(Effect.interruptible(take), receive, (taken, exit) =>
          semaphore.release(exit._tag === "Success" ? taken - exit.value.length : taken)
        ),
      leave: Effect.asVoid(semaphore.release(1))
    }
  })
