import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { PassThrough, Writable } from "node:stream"
import { promisify } from "node:util"
import { Context, Effect, Fiber, Layer } from "effect"
import * as ConsoleOutput from "../../src/output/ConsoleOutput.ts"
import { Output } from "../../src/output/Output.ts"
import * as contract from "../contract/outputContract.ts"
import { eventBatch, ndjsonOf } from "../support/eventBatch.ts"

/** A stream that keeps what it was given, a little later than it was given it. */
class Terminal extends Writable {
  readonly seen: Array<string> = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void) {
    setImmediate(() => {
      this.seen.push(chunk.toString())
      done()
    })
  }
}

class Console extends Context.Service<Console, Terminal>()("s3beat/test/Console") {
  static readonly layer = Layer.sync(Console, () => new Terminal())
}

contract.suite(
  "console",
  Layer.unwrap(Effect.map(Console, (stdout) => ConsoleOutput.layer({ stdout }))).pipe(
    Layer.provideMerge(Console.layer)
  ),
  Effect.map(Console, ({ seen }) => seen.join(""))
)

const publishTo = (stdout: Writable, ...texts: ReadonlyArray<string>) =>
  Effect.flatMap(Output, (output) => output.publish([eventBatch(...texts)])).pipe(
    Effect.provide(ConsoleOutput.layer({ stdout }))
  )

describe("ConsoleOutput", () => {
  it.live("a batch is acknowledged when the system has it, not when the stream has it", () =>
    Effect.gen(function* () {
      const taken = Promise.withResolvers<{ readonly text: string; readonly done: () => void }>()
      const stdout = new Writable({
        write: (chunk, _encoding, done) => taken.resolve({ text: String(chunk), done: () => done() })
      })
      const fiber = yield* Effect.forkChild(publishTo(stdout, "1"))
      const { done, text } = yield* Effect.promise(() => taken.promise)
      assert.strictEqual(text, ndjsonOf("1"))
      assert.isUndefined(fiber.pollUnsafe())
      done()
      yield* Fiber.join(fiber)
    })
  )

  it.live("a reader that goes away makes it unavailable, says so, and does not end the process", () =>
    Effect.gen(function* () {
      const program = join(import.meta.dirname, "../support/consoleOutput.ts")
      const piped = ["-c", `"$0" "$1" | head -c 1`, process.execPath, program]
      const { stderr, stdout } = yield* Effect.promise(() => promisify(execFile)("/bin/sh", piped))
      assert.strictEqual(stdout, "x")
      assert.match(
        stderr,
        /^(output\.console: nobody reads standard output any more \(\w+\); start s3beat again with a reader\n){3}$/u
      )
    })
  )

  it.live("the listener that keeps a broken pipe from ending the process goes with the Layer", () =>
    Effect.gen(function* () {
      const stdout = new PassThrough()
      yield* publishTo(stdout, "1")
      assert.strictEqual(stdout.listenerCount("error"), 0)
      assert.isFalse(stdout.writableEnded)
    })
  )
})
