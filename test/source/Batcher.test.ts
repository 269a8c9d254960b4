import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Schema, Scope } from "effect"
import * as Batcher from "../../src/source/Batcher.ts"
import { pass } from "../support/heldMessages.ts"

const window = Duration.millis(100)

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

interface Sent {
  readonly at: number
  readonly items: ReadonlyArray<number>
}

/** A batcher of numbers by parity, three at a time, which answers each one's square; and what it sent. */
const squares = Effect.gen(function* () {
  const sent: Array<Sent> = []
  const batcher = yield* Batcher.make({
    keyOf: (item: number) => item % 2,
    maxSize: 3,
    window,
    send: (_key, items) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        sent.push({ at, items })
        return (item) => item * item
      })
  })
  return { batcher, sent }
})

describe("Batcher", () => {
  it.effect.prop(
    "whenever items arrive, each goes out once within the window, in a batch of its kind, and is answered its own",
    { arrivals: Schema.Array(between(0, 500)) },
    ({ arrivals }) =>
      Effect.gen(function* () {
        const { batcher, sent } = yield* squares
        const submitted = yield* Effect.forkChild(
          Effect.forEach(arrivals, (at, item) => Effect.delay(batcher.submit(item), at), { concurrency: "unbounded" })
        )
        yield* pass("700 millis", "10 millis")
        assert.deepStrictEqual(
          yield* Fiber.join(submitted),
          arrivals.map((_, item) => item * item)
        )
        assert.sameMembers(
          sent.flatMap(({ items }) => items),
          arrivals.map((_, item) => item)
        )
        for (const { at, items } of sent) {
          assert.isAtMost(items.length, 3)
          assert.strictEqual(new Set(items.map((item) => item % 2)).size, 1)
          for (const item of items) {
            assert.isAtLeast(at, arrivals[item] ?? Infinity)
            assert.isAtMost(at - (arrivals[item] ?? 0), 100)
          }
        }
      }).pipe(Effect.scoped)
  )

  it.effect("an item whose caller is interrupted before it goes out never does", () =>
    Effect.gen(function* () {
      const { batcher, sent } = yield* squares
      const kept = yield* Effect.forkChild(batcher.submit(1))
      const withdrawn = yield* Effect.forkChild(batcher.submit(3))
      const alone = yield* Effect.forkChild(batcher.submit(2))
      yield* pass("50 millis", "10 millis")
      yield* Fiber.interruptAll([withdrawn, alone])
      yield* pass("100 millis", "10 millis")
      assert.strictEqual(yield* Fiber.join(kept), 1)
      assert.deepStrictEqual(sent, [{ at: 100, items: [1] }])
    }).pipe(Effect.scoped)
  )

  it.effect("what waits goes out when the scope closes, and what comes later goes out at once", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { batcher, sent } = yield* Scope.provide(squares, scope)
      const waiting = yield* Effect.forkChild(batcher.submit(1))
      yield* Effect.yieldNow
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Fiber.join(waiting), 1)
      assert.strictEqual(yield* batcher.submit(3), 9)
      assert.deepStrictEqual(sent, [
        { at: 0, items: [1] },
        { at: 0, items: [3] }
      ])
    })
  )

  it.effect("a batch that dies answers its callers with the defect, and the next batch goes out", () =>
    Effect.gen(function* () {
      let calls = 0
      const batcher = yield* Batcher.make({
        keyOf: () => "all",
        maxSize: 2,
        window,
        send: () => Effect.suspend(() => (++calls === 1 ? Effect.die("a defect") : Effect.succeed(() => "answered")))
      })
      const first = yield* Effect.all([batcher.submit(1), batcher.submit(2)].map(Effect.exit), {
        concurrency: "unbounded"
      })
      assert.isTrue(first.every(Exit.hasDies))
      const second = yield* Effect.all([batcher.submit(3), batcher.submit(4)], { concurrency: "unbounded" })
      assert.deepStrictEqual(second, ["answered", "answered"])
    }).pipe(Effect.scoped)
  )
})
