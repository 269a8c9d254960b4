/**
 * Those who wait for their events to be taken along, in the order in which they came.
 */
import type { Effect } from "effect"
import { byteLength, type EventBatch } from "../domain/EventBatch.ts"
import type { EventsRejected } from "./Output.ts"

/** Who waits for the acknowledgement of a batch. */
export interface Caller {
  readonly batch: EventBatch
  /** Ends the wait. Only the first call counts. */
  readonly settle: (outcome: Effect.Effect<void, EventsRejected>) => void
  /** False once the caller was interrupted: nobody wants these events to be sent any more. */
  isWaiting: boolean
}

/** How much goes into one batch, unless a single caller brings more. */
export interface BatchLimits {
  readonly maxEvents: number
  readonly maxBytes: number
}

/** A queue of callers; it holds no more than they hold themselves. */
export interface CallerQueue {
  readonly add: (caller: Caller) => void
  /** Takes the caller out, wherever it stands. */
  readonly remove: (caller: Caller) => void
  readonly isEmpty: () => boolean
  /** Whether those who wait fill a batch. */
  readonly isFull: () => boolean
  /** Takes the first callers, as many as fit in a batch, and at least one if there is one. */
  readonly take: () => ReadonlyArray<Caller>
}

/** An empty queue. */
export const make = ({ maxBytes, maxEvents }: BatchLimits): CallerQueue => {
  const waiting = new Set<Caller>()
  let events = 0
  let bytes = 0

  const remove = (caller: Caller) => {
    if (!waiting.delete(caller)) return
    events -= caller.batch.count
    bytes -= byteLength(caller.batch)
  }

  const take = () => {
    const taken: Array<Caller> = []
    let takenEvents = 0
    let takenBytes = 0
    for (const caller of waiting) {
      takenEvents += caller.batch.count
      takenBytes += byteLength(caller.batch)
      // Whoever does not fit is the first next time: passed over, a large batch could be overtaken for ever.
      if (taken.length > 0 && (takenEvents > maxEvents || takenBytes > maxBytes)) break
      taken.push(caller)
    }
    taken.forEach(remove)
    return taken
  }

  return {
    add: (caller) => {
      waiting.add(caller)
      events += caller.batch.count
      bytes += byteLength(caller.batch)
    },
    remove,
    isEmpty: () => waiting.size === 0,
    isFull: () => events >= maxEvents || bytes >= maxBytes,
    take
  }
}
