import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import * as fc from "fast-check"
import * as SharedTurns from "../../src/output/SharedTurns.ts"
import type { Counting, Taking } from "../support/turnTaker.ts"

/** Lets all who wait look whether their turn has come. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve))

/** Those who take turns in one thread, and what is known of each. */
const takers = (places: number) => {
  const turns = SharedTurns.make(places)
  const states = Array.from({ length: places }, (): "away" | "waiting" | "inside" => "away")
  /** By place: how many turns of others have begun since it began to wait. */
  const passed = states.map(() => 0)

  const begin = (place: number) => {
    states[place] = "inside"
    states.forEach((state, other) => {
      if (state === "waiting") passed[other] = (passed[other] ?? 0) + 1
    })
  }

  return {
    states,
    passed,
    /** Wants a turn, or ends what it has of it. */
    step: async (place: number) => {
      if (states[place] !== "away") {
        states[place] = "away"
        SharedTurns.leave(turns, place)
      } else {
        states[place] = "waiting"
        passed[place] = 0
        const coming = SharedTurns.enter(turns, place)
        if (coming === undefined) begin(place)
        else void coming.then(() => (states[place] === "waiting" ? begin(place) : undefined))
      }
      await settled()
    }
  }
}

const counting = (places: number): Counting => ({
  turns: SharedTurns.make(places),
  counts: new Int32Array(new SharedArrayBuffer(4 * (places + 1))),
  inside: new Int32Array(new SharedArrayBuffer(4 * places)),
  meetings: new Int32Array(new SharedArrayBuffer(4))
})

const start = (workerData: Taking) =>
  new Worker(new URL("../support/turnTaker.ts", import.meta.url), { workerData: { ...workerData } })

const sumOf = (counts: Int32Array) => counts.subarray(0, -1).reduce((sum, count) => sum + count, 0)

describe("SharedTurns", () => {
  it("whoever comes and goes, one has the turn if anybody wants it, and nobody waits for more than one turn of each other", () =>
    fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 5 })
          .chain((places) => fc.tuple(fc.constant(places), fc.array(fc.nat({ max: places - 1 }), { maxLength: 40 }))),
        async ([places, steps]) => {
          const { passed, states, step } = takers(places)
          for (const place of steps) {
            await step(place)
            const inside = states.filter((state) => state === "inside").length
            assert.strictEqual(inside, states.some((state) => state !== "away") ? 1 : 0)
            assert.isTrue(passed.every((turns) => turns < places))
          }
        }
      )
    ))

  it("when the word of the turn has no higher value it begins again with the lowest", () => {
    const turns = SharedTurns.make(2)
    turns.turn[0] = 0x7fff_0000
    for (let i = 0; i < 100; i++) {
      assert.isUndefined(SharedTurns.enter(turns, 1))
      SharedTurns.leave(turns, 1)
    }
    assert.isBelow(turns.turn[0], 0)
    assert.isUndefined(SharedTurns.enter(turns, 0))
    assert.isDefined(SharedTurns.enter(turns, 1))
  })

  it("threads have it one at a time", async () => {
    const places = 4
    const shared = counting(places)
    const rounds = 3000
    const threads = Array.from({ length: places }, (_, place) => start({ ...shared, place, rounds }))
    await Promise.all(threads.map((thread) => once(thread, "exit")))
    assert.deepStrictEqual([...shared.counts], [...Array.from({ length: places }, () => rounds), places * rounds])
    assert.strictEqual(shared.meetings[0], 0)
  }, 30_000)

  it("threads that die, wherever they are, keep nobody from their turns", async () => {
    const places = 4
    const shared = counting(places)
    const kills = 12
    let killed = 0
    const live = async (place: number) => {
      for (;;) {
        const thread = start({ ...shared, place, rounds: 2000 })
        const exited = once(thread, "exit")
        if (killed < kills) {
          killed++
          const begun = shared.counts[place] ?? 0
          while ((shared.counts[place] ?? 0) === begun) await new Promise<void>((resolve) => setTimeout(resolve, 5))
          await thread.terminate()
        }
        const [code] = await exited
        shared.inside[place] = 0
        SharedTurns.leave(shared.turns, place)
        if (code === 0) return
      }
    }
    await Promise.all(Array.from({ length: places }, (_, place) => live(place)))
    assert.strictEqual(shared.meetings[0], 0)
    // One who dies between the two counts has only the first of them.
    assert.isAtMost(Math.abs(sumOf(shared.counts) - (shared.counts[places] ?? 0)), kills)
    assert.isAtLeast(sumOf(shared.counts), places * 2000)
  }, 60_000)
})
