import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as fc from "fast-check"
import * as GroupCommit from "../../src/output/GroupCommit.ts"
import { checkProperty } from "../support/checkProperty.ts"

/** Groups of numbers, each as large as it says, which are committed when the test says so. */
const groupsOf = Effect.fnUntraced(function* (room: number) {
  const groups: Array<ReadonlyArray<number>> = []
  let underWay = Deferred.makeUnsafe<void, string>()
  const { commit } = yield* GroupCommit.make<number, string>(
    (size) => size,
    (_, take) =>
      Effect.suspend(() => {
        groups.push(take(room))
        underWay = Deferred.makeUnsafe()
        return Deferred.await(underWay)
      })
  )
  const settled = Effect.replicateEffect(Effect.yieldNow, 20, { discard: true })
  return {
    groups,
    fork: (item: number) => Effect.tap(Effect.forkChild(commit(item)), settled),
    end: (exit: Exit.Exit<void, string> = Exit.void) =>
      Effect.suspend(() => Effect.andThen(Deferred.done(underWay, exit), settled))
  }
})

const isWaiting = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.pollUnsafe() === undefined

describe("GroupCommit", () => {
  it.effect("who comes while a group is under way goes with the next one, and each hears of its own", () =>
    Effect.gen(function* () {
      const { end, fork, groups } = yield* groupsOf(100)
      const first = yield* fork(1)
      const others = yield* Effect.forEach([2, 3, 4], fork)
      assert.deepStrictEqual(groups, [[1]])
      yield* end()
      yield* Fiber.join(first)
      assert.deepStrictEqual(groups, [[1], [2, 3, 4]])
      assert.isTrue(others.every(isWaiting))
      yield* end(Exit.fail("the disk is full"))
      const failures = yield* Effect.forEach(others, (fiber) => Effect.flip(Fiber.join(fiber)))
      assert.deepStrictEqual(
        failures,
        Array.from({ length: 3 }, () => "the disk is full")
      )
      const last = yield* fork(5)
      yield* end()
      yield* Fiber.join(last)
    })
  )

  it.effect("all are committed in order, in groups that have room, or alone", () =>
    checkProperty(
      fc.tuple(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 20 })
      ),
      ([items, room]) =>
        Effect.gen(function* () {
          const { end, fork, groups } = yield* groupsOf(room)
          const fibers = yield* Effect.forEach(items, fork)
          while (fibers.some(isWaiting)) yield* end()
          assert.deepStrictEqual(groups.flat(), items)
          for (const group of groups) {
            assert.isTrue(group.length === 1 || group.reduce((sum, item) => sum + item, 0) <= room)
          }
        })
    )
  )

  it.effect("who is interrupted in the queue is not committed, and who is in a group waits for it", () =>
    Effect.gen(function* () {
      const { end, fork, groups } = yield* groupsOf(100)
      const fibers = yield* Effect.forEach([1, 2, 3, 4], fork)
      const [first, second, third, fourth] = fibers
      assert.isDefined(second)
      yield* Fiber.interrupt(second)
      yield* end()
      assert.deepStrictEqual(groups, [[1], [3, 4]])
      const interruptions = yield* Effect.forEach([third, fourth], (fiber) =>
        Effect.forkChild(fiber === undefined ? Effect.void : Fiber.interrupt(fiber))
      )
      yield* Effect.replicateEffect(Effect.yieldNow, 20, { discard: true })
      assert.isTrue(interruptions.every(isWaiting))
      yield* end()
      yield* Fiber.joinAll(interruptions)
      assert.isFalse(first === undefined || isWaiting(first))
    })
  )
})
