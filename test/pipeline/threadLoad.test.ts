import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { watchThread } from "../../src/pipeline/threadLoad.ts"

describe("watchThread", () => {
  it("a thread that waits for another process is not busy, and one that only computes is", async () => {
    // Long enough that what the machine does meanwhile to this thread is little beside it.
    const other = promisify(execFile)(process.execPath, ["--eval", "setTimeout(() => {}, 300)"])
    const wasBusy = watchThread()
    await other
    assert.isFalse(wasBusy())
    // The loop has to turn before time counts.
    await new Promise(setImmediate)
    wasBusy()
    const until = performance.now() + 5
    while (performance.now() < until);
    assert.isTrue(wasBusy())
  })
})
