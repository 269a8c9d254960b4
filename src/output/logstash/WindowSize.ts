/**
 * How many events the next window holds.
 */

/** The size of the windows that go to one host. */
export interface WindowSize {
  readonly events: () => number
  /** A window of so many events was acknowledged. */
  readonly onAcked: (count: number) => void
  /** A connection has ended with windows on their way. */
  readonly onLost: () => void
}

/** Always the same. */
export const fixed = (events: number): WindowSize => ({
  events: () => events,
  onAcked: () => {},
  onLost: () => {}
})

const FIRST = 10
const GROWTH = 1.5

/**
 * Ten events at first, half as many more each time that a full window was acknowledged, up to `maximum`; half of it after
 * a failure. A collector that has just come up is not flooded.
 */
export const growing = (maximum: number): WindowSize => {
  let size = Math.min(FIRST, maximum)
  return {
    events: () => size,
    onAcked: (count) => {
      if (count >= size) size = Math.min(Math.ceil(size * GROWTH), maximum)
    },
    onLost: () => {
      size = Math.max(1, Math.floor(size / 2))
    }
  }
}
