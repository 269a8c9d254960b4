/**
 * A thread that takes one turn after another, and counts what it does in them in a way that only works one at a time.
 */
import { workerData } from "node:worker_threads"
import * as SharedTurns from "../../src/output/SharedTurns.ts"

/** What such threads share. **Shape** `counts`, by place, have at their end the sum of all; `inside` is 1 by place during its turn. */
export interface Counting {
  readonly turns: SharedTurns.SharedTurns
  readonly counts: Int32Array
  readonly inside: Int32Array
  /** How often somebody found somebody else inside. */
  readonly meetings: Int32Array
}

/** A place, and how many turns it takes. */
export interface Taking extends Counting {
  readonly place: number
  readonly rounds: number
}

const { counts, inside, meetings, place, rounds, turns }: Taking = workerData
const total = counts.length - 1

// Who waits for a turn and nothing else would not keep the thread alive.
const alive = setInterval(() => {}, 60_000)
for (let round = 0; round < rounds; round++) {
  await SharedTurns.enter(turns, place)
  if (inside.some((is) => is === 1)) Atomics.add(meetings, 0, 1)
  inside[place] = 1
  const before = counts[total] ?? 0
  // Now and then others have time to come in, if anything lets them.
  if (round % 5 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  counts[place] = (counts[place] ?? 0) + 1
  counts[total] = before + 1
  inside[place] = 0
  SharedTurns.leave(turns, place)
}
clearInterval(alive)
