/**
 * The bytes that may be in memory for all objects together: memory is bounded by this, never by the size of an object or the
 * slowness of the output.
 */
import { Effect, Exit, Semaphore } from "effect"

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
    let free = bytes
    // Only one waits for bytes at a time, and the others for their turn.
    const turn = Semaphore.makeUnsafe(1)
    let wake = asleep
    let waiting = 0
    let wasShort = false

    const takeNow = (demand: number): boolean => {
      if (free < demand) return false
      free -= demand
      return true
    }

    /** Answers that there is nothing more to do. */
    const giveBack = (taken: number) => {
      free += taken
      wake()
      return undefined
    }

    const awaitBytes = (demand: number, onTaken: () => void) =>
      Effect.callback<void>((resume) => {
        wake = () => {
          if (!takeNow(demand)) return
          wake = asleep
          onTaken()
          resume(Effect.void)
        }
        wake()
        return Effect.sync(() => {
          wake = asleep
        })
      })

    const wait = (demand: number) => {
      waiting++
      wasShort = true
      let taken = 0
      const bytesTaken = awaitBytes(demand, () => (taken = demand))
      return Effect.onExitPrimitive(Effect.interruptible(turn.withPermit(bytesTaken)), (exit) => {
        waiting--
        // It may be interrupted in the very moment in which it got them.
        return Exit.isSuccess(exit) ? undefined : giveBack(taken)
      })
    }

    return {
      spend: (demand) => {
        const taken = Math.min(demand, bytes)
        return (effect) =>
          Effect.uninterruptibleMask((restore) => {
            const spent = Effect.onExitPrimitive(restore(effect), () => giveBack(taken))
            return waiting === 0 && takeNow(taken) ? spent : Effect.andThen(wait(taken), spent)
          })
      },
      wasShort: () => {
        const short = wasShort
        wasShort = waiting > 0
        return short
      }
    }
  })

const asleep = () => {}
