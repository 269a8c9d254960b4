/**
 * A queue of messages that are made when they are received: however many there are, only those in flight take memory.
 */
import * as Histogram from "../Histogram.ts"

/** The messages of one run. */
export interface BacklogOptions {
  readonly messages: number
  /**
   * How many are sent a second, from the first receive on; without it, each is sent in the moment in which it is received for
   * the first time.
   */
  readonly rate?: number | undefined
}

/** A received message. **Units** `sentAt` in milliseconds since the epoch. */
export interface Received {
  readonly index: number
  readonly sentAt: number
  readonly receiveCount: number
  readonly receiptHandle: string
}

/** The queue. **Units** All times in milliseconds since the epoch. */
export interface Backlog {
  readonly receive: (max: number, visibilityMillis: number, now: number) => ReadonlyArray<Received>
  /** Whether the handle was good. */
  readonly changeVisibility: (receiptHandle: string, millis: number, now: number) => boolean
  /** Deletes the message, however old the handle is; again is no fault. */
  readonly delete: (receiptHandle: string, now: number) => void
  /** When the next message may be received, as things are; `undefined` when all are deleted. */
  readonly nextAt: (now: number) => number | undefined
  readonly deleted: () => number
  /** From SentTimestamp to the delete. */
  readonly latencies: Histogram.Histogram
}

interface InFlight {
  readonly sentAt: number
  receiveCount: number
  visibleAt: number
}

/** A queue with all of its messages. */
export const make = (options: BacklogOptions): Backlog => {
  const inFlight = new Map<number, InFlight>()
  const latencies = Histogram.make()
  let next = 0
  let deleted = 0
  let startedAt: number | undefined

  const sentAt = (index: number, now: number) =>
    options.rate === undefined ? now : (startedAt ??= now) + (index * 1000) / options.rate

  const take = (index: number, message: InFlight, visibleAt: number): Received => {
    message.receiveCount++
    message.visibleAt = visibleAt
    return {
      index,
      sentAt: Math.floor(message.sentAt),
      receiveCount: message.receiveCount,
      receiptHandle: `${index}.${message.receiveCount}`
    }
  }

  return {
    latencies,
    deleted: () => deleted,
    receive: (max, visibilityMillis, now) => {
      const received: Array<Received> = []
      while (received.length < max && next < options.messages && sentAt(next, now) <= now) {
        const message: InFlight = { sentAt: sentAt(next, now), receiveCount: 0, visibleAt: 0 }
        inFlight.set(next, message)
        received.push(take(next++, message, now + visibilityMillis))
      }
      if (received.length > 0) return received
      for (const [index, message] of inFlight) {
        if (received.length === max) break
        if (message.visibleAt <= now) received.push(take(index, message, now + visibilityMillis))
      }
      return received
    },
    changeVisibility: (receiptHandle, millis, now) => {
      const [index = -1, receiveCount] = receiptHandle.split(".").map(Number)
      const message = inFlight.get(index)
      if (message === undefined || message.receiveCount !== receiveCount || message.visibleAt <= now) return false
      message.visibleAt = now + millis
      return true
    },
    delete: (receiptHandle, now) => {
      const index = Number.parseInt(receiptHandle, 10)
      const message = inFlight.get(index)
      if (message === undefined) return
      inFlight.delete(index)
      deleted++
      latencies.add(now - message.sentAt)
    },
    nextAt: (now) => {
      let at = next < options.messages ? Math.max(sentAt(next, now), now) : Infinity
      for (const { visibleAt } of inFlight.values()) at = Math.min(at, Math.max(visibleAt, now))
      return at === Infinity ? undefined : at
    }
  }
}
