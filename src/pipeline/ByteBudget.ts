/**
 * The bytes that may be in memory for all objects together: memory is bounded by this, never by the size of an object or the
 * slowness of the output.
 */
import { Effect, Semaphore } from "effect"

/** A budget of bytes. */
export interface ByteBudget {
  /**
   * Runs the effect while `bytes` of the budget are taken; waits until they are free.
   *
   * **Guarantee** A demand over the whole budget waits for all of it instead of for ever. Demands are met in their order, so a
   * large one is not overtaken by small ones for ever.
   */
  readonly spend: (bytes: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

  /** Whether someone has waited for bytes since this was asked last. */
  readonly wasShort: () => boolean
}

/** A budget of `bytes` bytes. */
export const make = (bytes: number): Effect.Effect<ByteBudget> =>
  Effect.sync(() => {
    const free = Semaphore.makeUnsafe(bytes)
    // A semaphore wakes whoever fits. Here only one waits for bytes at a time, and the others for their turn.
    const turn = Semaphore.makeUnsafe(1)
    let waiting = 0
    let wasShort = false

    const wait = (demand: number) =>
      Effect.suspend(() => {
        waiting++
        wasShort = true
        return Effect.ensuring(
          turn.withPermit(free.take(demand)),
          Effect.sync(() => void waiting--)
        )
      })

    const take = (demand: number) =>
      Effect.suspend(() => (waiting > 0 ? Effect.succeed(false) : free.takeIfAvailable(demand))).pipe(
        Effect.flatMap((isTaken) => (isTaken ? Effect.void : Effect.interruptible(wait(demand))))
      )

    return {
      spend: (demand) => {
        const taken = Math.min(demand, bytes)
        return (effect) =>
          Effect.acquireUseRelease(
            take(taken),
            () => effect,
            () => free.release(taken)
          )
      },
      wasShort: () => {
        const short = wasShort
        wasShort = waiting > 0
        return short
      }
    }
  })
