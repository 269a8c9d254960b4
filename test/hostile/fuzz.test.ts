/**
 * The law of hostile input: whatever it is, it ends in a typed error or in a normal result, and soon. Each part is fed random inputs, and then
 * the corpus: one input for each outcome that was ever seen.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { readCorpus } from "./corpus.ts"
import { targets } from "./targets.ts"

/** So many milliseconds one small input may take, on a machine that has other work too. */
const LIMIT_MILLIS = 2_000

/** In so many milliseconds random inputs are tried. */
const TRIAL_MILLIS = 1_500

const corpus = readCorpus()

describe.each(targets)("hostile input: $name", ({ inputs, name, outcomeOf }) => {
  const inTime = async (input: Buffer) => {
    const began = performance.now()
    const outcome = await outcomeOf(input)
    assert.isBelow(performance.now() - began, LIMIT_MILLIS)
    return outcome
  }

  it("ends in a typed error or a normal result, soon, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => void (await inTime(input))),
      { numRuns: 1000, interruptAfterTimeLimit: TRIAL_MILLIS }
    )
  })

  it("ends as it did when it was found", async () => {
    const entries = corpus.filter(({ target }) => target === name)
    assert.isNotEmpty(entries)
    for (const { input, outcome } of entries) assert.strictEqual(await inTime(input), outcome)
  })
})
