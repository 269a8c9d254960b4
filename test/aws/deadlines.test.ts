import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Deadlines from "../../src/aws/Deadlines.ts"

describe("Deadlines", () => {
  it.effect("whoever waits is late after the limit and not before, one after the other", () =>
    Effect.gen(function* () {
      const { begin } = yield* Deadlines.make("30 seconds")
      const late: Array<string> = []
      begin(() => late.push("first"))
      yield* TestClock.adjust("10 seconds")
      begin(() => late.push("second"))
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(late, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(late, ["first"])
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(late, ["first"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(late, ["first", "second"])
    })
  )

  it.effect("whoever is done in time is never late, and delays nobody who begins later", () =>
    Effect.gen(function* () {
      const { begin } = yield* Deadlines.make("30 seconds")
      const late: Array<string> = []
      const done = begin(() => late.push("done"))
      yield* TestClock.adjust("20 seconds")
      done()
      begin(() => late.push("waits"))
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(late, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(late, ["waits"])
      yield* TestClock.adjust("1 hour")
      begin(() => late.push("after a pause"))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(late, ["waits", "after a pause"])
    })
  )

  it.effect("nobody is late once the scope is closed", () =>
    Effect.gen(function* () {
      const late: Array<string> = []
      yield* Effect.scoped(
        Effect.map(Deadlines.make("30 seconds"), ({ begin }) => {
          begin(() => late.push("too late"))
        })
      )
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(late, [])
    })
  )
})
