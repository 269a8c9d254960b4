import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { byteLength } from "../../src/domain/EventBatch.ts"
import * as CallerQueue from "../../src/output/CallerQueue.ts"
import { eventBatch } from "../support/eventBatch.ts"

const callerOf = (texts: ReadonlyArray<string>): CallerQueue.Caller => ({
  batch: eventBatch(...texts),
  settle: () => {},
  isWaiting: true
})

const caller = fc.array(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 4 }).map(callerOf)

const limits = fc.record({ maxEvents: fc.integer({ min: 1, max: 10 }), maxBytes: fc.integer({ min: 1, max: 40 }) })

const eventsOf = (callers: ReadonlyArray<CallerQueue.Caller>) =>
  callers.reduce((sum, { batch }) => sum + batch.count, 0)

const bytesOf = (callers: ReadonlyArray<CallerQueue.Caller>) =>
  callers.reduce((sum, { batch }) => sum + byteLength(batch), 0)

describe("CallerQueue", () => {
  it("whoever was not removed is taken once, in order, in batches as full as the limits allow", () => {
    fc.assert(
      fc.property(limits, fc.array(fc.tuple(caller, fc.boolean())), (limits, entries) => {
        const queue = CallerQueue.make(limits)
        for (const [caller] of entries) queue.add(caller)
        for (const [caller, stays] of entries) if (!stays) queue.remove(caller)
        const staying = entries.flatMap(([caller, stays]) => (stays ? [caller] : []))
        let next = 0
        while (!queue.isEmpty()) {
          const waiting = staying.slice(next)
          assert.strictEqual(
            queue.isFull(),
            eventsOf(waiting) >= limits.maxEvents || bytesOf(waiting) >= limits.maxBytes
          )
          const taken = queue.take()
          assert.deepStrictEqual(taken, staying.slice(next, next + taken.length))
          const fits = (callers: typeof taken) =>
            eventsOf(callers) <= limits.maxEvents && bytesOf(callers) <= limits.maxBytes
          assert.isTrue(taken.length === 1 || fits(taken))
          next += taken.length
          assert.isFalse(next < staying.length && fits(staying.slice(next - taken.length, next + 1)))
        }
        assert.strictEqual(next, staying.length)
        assert.isFalse(queue.isFull())
      })
    )
  })

  it("removing who is not there, or no longer, changes nothing", () => {
    const queue = CallerQueue.make({ maxEvents: 1, maxBytes: 100 })
    const [a, b] = [callerOf(["a"]), callerOf(["b"])]
    queue.remove(a)
    queue.add(a)
    assert.isTrue(queue.isFull())
    assert.deepStrictEqual(queue.take(), [a])
    queue.remove(a)
    queue.add(b)
    assert.isTrue(queue.isFull())
    assert.deepStrictEqual(queue.take(), [b])
    assert.deepStrictEqual(queue.take(), [])
  })
})
