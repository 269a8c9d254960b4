import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import type { Places } from "../../src/pipeline/Places.ts"
import { FIRST_LEVEL, keepLevel, nextLevel } from "../../src/pipeline/level.ts"
import { checkProperty } from "../support/checkProperty.ts"

const bounds = { min: 2, max: 1000 }

const calm = { wasShort: false, wasBusy: false, hasProgress: true, isStrained: false }

describe("nextLevel", () => {
  it.effect("never leaves its bounds, and falls only for a reason", () =>
    checkProperty(
      fc.tuple(
        fc.integer({ min: bounds.min, max: bounds.max }),
        fc.record({
          wasShort: fc.boolean(),
          wasBusy: fc.boolean(),
          hasProgress: fc.boolean(),
          isStrained: fc.boolean()
        })
      ),
      ([level, seen]) =>
        Effect.sync(() => {
          const next = nextLevel(level, seen, bounds)
          assert.isAtLeast(next, bounds.min)
          assert.isAtMost(next, bounds.max)
          if (next < level) assert.isTrue(seen.isStrained || !seen.hasProgress)
          if (next > level) assert.isTrue(!seen.wasShort && !seen.wasBusy && seen.hasProgress && !seen.isStrained)
        })
    )
  )

  it("rises from the first level to a thousand within ten steps, while places are all that is missing", () => {
    let level = FIRST_LEVEL
    let steps = 0
    while (level < 1000) {
      level = nextLevel(level, calm, bounds)
      steps++
    }
    assert.isAtMost(steps, 10)
  })

  it("stays where bytes are what is missing, or time", () => {
    assert.strictEqual(nextLevel(50, { ...calm, wasShort: true }, bounds), 50)
    assert.strictEqual(nextLevel(50, { ...calm, wasBusy: true }, bounds), 50)
  })

  it("halves while S3 is strained, and while the output takes nothing of all that is in flight", () => {
    assert.strictEqual(nextLevel(50, { ...calm, isStrained: true }, bounds), 25)
    assert.strictEqual(nextLevel(50, { ...calm, hasProgress: false }, bounds), 25)
  })
})

/** Something happens, and a second later the level is set. */
const second = (happens: () => void) => Effect.andThen(Effect.sync(happens), TestClock.adjust("1 second"))

describe("keepLevel", () => {
  it.effect("sets the places second by second while they are too few, by what happened in between", () =>
    Effect.gen(function* () {
      const sizes: Array<number> = []
      const full = yield* Latch.make(true)
      let strains = 0
      let acked = 0
      const places: Places = {
        fill: () => Effect.die("nobody receives here"),
        leave: Effect.void,
        resize: (size) => Effect.sync(() => sizes.push(size)),
        full: full.await
      }
      yield* Effect.forkChild(
        keepLevel({
          ...bounds,
          places,
          wasShort: () => false,
          wasBusy: () => false,
          acked: Effect.sync(() => acked),
          strains: Effect.sync(() => strains)
        })
      )
      yield* Effect.yieldNow
      yield* second(() => acked++)
      yield* second(() => acked++)
      yield* second(() => strains++)
      yield* second(() => {})
      yield* second(() => acked++)
      assert.deepStrictEqual(sizes, [32, 48, 72, 36, 18, 27])
      yield* full.close
      yield* second(() => acked++)
      yield* second(() => acked++)
      assert.deepStrictEqual(sizes.slice(6), [41], "the second that had begun is the last")
    })
  )
})
