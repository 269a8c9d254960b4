import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as OpenWindows from "../../../src/output/logstash/OpenWindows.ts"

/** Windows of these sizes, all sent, and what is told of each. */
const sent = (...counts: ReadonlyArray<number>) => {
  const windows = OpenWindows.make()
  const progress = counts.map(() => ({ events: 0, isWhole: false }))
  counts.forEach((count, i) =>
    windows.add({
      count,
      onProgress: (events, isWhole) => {
        progress[i] = { events: (progress[i]?.events ?? 0) + events, isWhole }
      }
    })
  )
  return { ...windows, progress, events: () => progress.map(({ events }) => events) }
}

describe("OpenWindows", () => {
  it("windows are acknowledged one after another, each to its end, whatever parts and repetitions come between", () => {
    const steps = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 5 }), (windows) => {
        const counts = windows.map((parts) => parts.reduce((sum, part) => sum + part, 0))
        const open = sent(...counts)
        windows.forEach((parts, i) => {
          let sequence = 0
          for (const part of parts) {
            assert.strictEqual(open.acknowledge(0), undefined)
            sequence += part
            // What the last window ended with is no progress for this one, unless it is all of it.
            if (sequence === counts[i - 1] && sequence !== counts[i] && sequence === part) continue
            assert.strictEqual(open.acknowledge(sequence), undefined)
            if (sequence < (counts[i] ?? 0)) assert.strictEqual(open.acknowledge(sequence), undefined)
            assert.strictEqual(open.events()[i], sequence)
          }
        })
        assert.deepStrictEqual(
          open.progress,
          counts.map((events) => ({ events, isWhole: true }))
        )
        assert.strictEqual(open.size(), 0)
      })
    )
  })

  it("the end of the last window, repeated while a longer or shorter one is under way, acknowledges nothing of it", () => {
    for (const next of [20, 5]) {
      const open = sent(10, next)
      open.acknowledge(10)
      assert.strictEqual(open.acknowledge(10), undefined)
      assert.deepStrictEqual(open.events(), [10, 0])
      open.acknowledge(next)
      assert.deepStrictEqual(open.events(), [10, next])
      assert.strictEqual(open.acknowledge(next), undefined)
    }
  })

  it("an acknowledgement that goes back acknowledges nothing", () => {
    const open = sent(10)
    open.acknowledge(7)
    assert.strictEqual(open.acknowledge(3), undefined)
    assert.deepStrictEqual(open.events(), [7])
  })

  it("an acknowledgement of what was never sent is told", () => {
    assert.strictEqual(sent(3).acknowledge(4), "the collector acknowledged event 4 where only 3 were sent")
    assert.strictEqual(sent().acknowledge(1), "the collector acknowledged event 1 where nothing was sent")
    const open = sent(3)
    open.acknowledge(2)
    assert.strictEqual(open.acknowledge(4), "the collector acknowledged event 4 where only 3 were sent")
  })
})
