/**
 * Numbers that look random and are the same each time: the demo's logs are made of them.
 */

/** A source of numbers. */
export interface Pseudorandom {
  /** A whole number from 0 to `below`, exclusive. */
  readonly int: (below: number) => number
  /** One of the items. */
  readonly pick: <A>(items: readonly [A, ...ReadonlyArray<A>]) => A
  /** So many hexadecimal digits. */
  readonly hex: (digits: number) => string
}

/** The numbers of a seed. **Source** Mulberry32, Tommy Ettinger. */
export const make = (seed: number): Pseudorandom => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    int,
    pick: ([first, ...others]) => others[int(others.length + 1) - 1] ?? first,
    hex: (digits) => Array.from({ length: digits }, () => int(16).toString(16)).join("")
  }
}
