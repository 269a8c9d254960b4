/**
 * Whose turn it is among threads: a lock in memory that they share, handed from one to the next without a word to anyone else. A message to
 * a third thread, and its answer, would wake two threads for each turn.
 *
 * Whoever wants a turn says so in a place of its own. The turn itself is one word, which changes by compare and exchange only and never
 * has the same value twice: whoever finds that it belongs to somebody who does not want it any more may pass it on, at any time. So a thread
 * may end anywhere; what it has not done yet, `leave` does for it.
 */

/** **Shape** Memory that all threads see, with places for so many of them. */
export interface SharedTurns {
  /** Whose turn it is, as `turnOf` makes it. */
  readonly turn: Int32Array
  /** By place: 1 from the moment when its thread wants a turn until the turn is over. */
  readonly wants: Int32Array
  /** By place: what its thread waits at; it changes when its turn may have come. */
  readonly bells: Int32Array
}

/** The lowest bits of a turn say whose it is: the place and one, 0 for nobody's. The others count. */
const PLACE_BITS = 12
const PLACE_MASK = (1 << PLACE_BITS) - 1

const NOBODY = -1

/** Turns of nobody yet. **Shape** `places` from 1 to 4094. */
export const make = (places: number): SharedTurns => ({
  turn: shared(1),
  wants: shared(places),
  bells: shared(places)
})

const shared = (length: number) => new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))

/**
 * Wants a turn, which comes after at most one of every other place; undefined when it has come already.
 *
 * **Shape** Only to be called again once that turn is over, or has been given up: both are `leave`.
 */
export const enter = (turns: SharedTurns, place: number): Promise<void> | undefined => {
  Atomics.store(turns.wants, place, 1)
  settle(turns, place)
  return isOf(turns, place) ? undefined : waitAt(turns, place)
}

/** Ends the turn of the place, or takes back that it wants one. For a thread that has ended, too: then from any other thread. */
export const leave = (turns: SharedTurns, place: number): void => {
  Atomics.store(turns.wants, place, 0)
  settle(turns, place)
}

const waitAt = async (turns: SharedTurns, place: number): Promise<void> => {
  while (Atomics.load(turns.wants, place) === 1) {
    const heard = Atomics.load(turns.bells, place)
    if (isOf(turns, place)) return
    const rung = Atomics.waitAsync(turns.bells, place, heard)
    if (rung.async) await rung.value
  }
}

const isOf = ({ turn }: SharedTurns, place: number) => placeOf(Atomics.load(turn, 0)) === place

/** Sees to it that the turn belongs to somebody who wants it, if anybody does, and that they know. **Shape** Those behind `place` come first. */
const settle = (turns: SharedTurns, place: number): void => {
  for (;;) {
    const turn = Atomics.load(turns.turn, 0)
    const holder = placeOf(turn)
    if (holder !== NOBODY && Atomics.load(turns.wants, holder) === 1) return ring(turns, holder)
    const next = nextOf(turns, holder === NOBODY ? place : holder)
    if (next === NOBODY && holder === NOBODY) return
    Atomics.compareExchange(turns.turn, 0, turn, turnOf(next, turn))
  }
}

/** The first place behind this one that wants a turn. */
const nextOf = ({ wants }: SharedTurns, place: number): number => {
  for (let i = 1; i <= wants.length; i++) {
    const next = (place + i) % wants.length
    if (Atomics.load(wants, next) === 1) return next
  }
  return NOBODY
}

const ring = ({ bells }: SharedTurns, place: number) => {
  Atomics.add(bells, place, 1)
  Atomics.notify(bells, place)
}

const placeOf = (turn: number) => (turn & PLACE_MASK) - 1

const turnOf = (place: number, before: number) => ((before & ~PLACE_MASK) + (1 << PLACE_BITS)) | (place + 1)
