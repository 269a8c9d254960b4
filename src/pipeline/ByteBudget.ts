/**
 * The bytes that may be between the decoder and the output's acknowledgement, for all objects together: memory is bounded
 * by this, never by the size of an object or the slowness of the output.
 */
import { Effect, Semaphore } from "effect"

/** A budget of bytes. */
export interface ByteBudget {
  /**
   * Runs the effect while `bytes` of the budget are taken; waits until they are free.
   *
   * **Guarantee** A demand over the whole budget waits for all of it instead of for ever.
   */
  readonly spend: (bytes: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** A budget of `bytes` bytes. */
export const make = (bytes: number): Effect.Effect<ByteBudget> =>
  Effect.map(Semaphore.make(bytes), (semaphore) => ({
    spend: (demand) => semaphore.withPermits(Math.min(demand, bytes))
  }))
