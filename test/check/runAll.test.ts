import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { type Check, runAll } from "../../src/check/Check.ts"
import { failed, ok, type Verdict } from "../../src/check/Finding.ts"
import { checkProperty } from "../support/checkProperty.ts"

const make = (name: string, verdict: Verdict, more: Partial<Check> = {}): Check => ({
  name,
  needs: [],
  run: Effect.succeed({ verdicts: [verdict] }),
  ...more
})

const fails = failed("broken", "mend it")

const run = (checks: ReadonlyArray<Check>) =>
  Effect.map(
    runAll(checks, () => Effect.void),
    (findings) =>
      findings.map(({ check, detail, status }) => (status === "skipped" ? `${check}: ${detail}` : `${check} ${status}`))
  )

/** Checks in a row, each of which may need any before it. */
const rows = fc
  .array(fc.record({ isFailing: fc.boolean(), needs: fc.array(fc.nat(9), { maxLength: 3 }) }), { maxLength: 10 })
  .map((row) => row.map(({ isFailing, needs }, i) => ({ isFailing, needs: needs.filter((need) => need < i) })))

describe("a list of checks", () => {
  it.effect("is run whole and in order, but for what needs something that failed or was not run", () =>
    checkProperty(rows, (row) =>
      Effect.gen(function* () {
        const findings = yield* runAll(
          row.map(({ isFailing, needs }, i) =>
            make(String(i), isFailing ? fails : ok("well"), { needs: needs.map(String) })
          ),
          () => Effect.void
        )
        assert.deepStrictEqual(
          findings.map(({ check }) => check),
          row.map((_, i) => String(i))
        )
        for (const [i, { isFailing, needs }] of row.entries()) {
          const isMet = needs.every((need) => findings[need]?.status === "ok")
          assert.strictEqual(findings[i]?.status, isMet ? (isFailing ? "failed" : "ok") : "skipped")
        }
      })
    )
  )

  it.effect("names the failure that is behind what is not checked, however far back it is", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* run([make("a", fails), make("b", ok(""), { needs: ["a"] }), make("c", ok(""), { needs: ["b"] })]),
        ["a failed", "b: not checked because a failed", "c: not checked because a failed"]
      )
    })
  )

  it.effect("runs what needs one of several as long as one of them has not failed", () =>
    Effect.gen(function* () {
      const needsOneOf = ["a", "b"]
      assert.deepStrictEqual(yield* run([make("a", fails), make("b", ok("")), make("c", ok(""), { needsOneOf })]), [
        "a failed",
        "b ok",
        "c ok"
      ])
      assert.deepStrictEqual(yield* run([make("a", fails), make("b", fails), make("c", ok(""), { needsOneOf })]), [
        "a failed",
        "b failed",
        "c: not checked because a failed"
      ])
    })
  )

  it.effect("goes on with the checks that a check leads to, and runs no name twice", () =>
    Effect.gen(function* () {
      const found = make("bucket", ok(""))
      const leading = (name: string) =>
        make(name, ok(""), { run: Effect.succeed({ verdicts: [ok("")], more: [found] }) })
      assert.deepStrictEqual(yield* run([leading("a"), leading("b"), found, make("c", ok(""))]), [
        "a ok",
        "bucket ok",
        "b ok",
        "c ok"
      ])
    })
  )
})
