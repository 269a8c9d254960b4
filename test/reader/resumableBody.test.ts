import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { type BodyFailure, resumableBody } from "../../src/reader/resumableBody.ts"
import { AccessDenied, Unavailable } from "../../src/domain/reasons.ts"
import { bytesFrom } from "../support/bytesFrom.ts"
import { whileTimePasses } from "../support/whileTimePasses.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const cut = new Unavailable({ detail: "ECONNRESET" })

const nothingLeft = () => Effect.die("there is nothing to resume")

/** `bytes` from `offset` to `end` in chunks of `chunkSize`, and then the failure, if it is not the whole rest. */
const connection = (bytes: Uint8Array, offset: number, end: number, chunkSize: number, failure: BodyFailure = cut) => {
  const chunks: Array<Uint8Array> = []
  for (let at = offset; at < end; at += chunkSize) chunks.push(bytes.subarray(at, Math.min(at + chunkSize, end)))
  const read = Stream.fromIterable(chunks)
  return end < bytes.byteLength ? Stream.concat(read, Stream.fail(failure)) : read
}

describe("resumableBody", () => {
  it.effect.prop(
    "wherever the connections break, every byte arrives once and in order",
    {
      size: between(1, 500),
      lengths: Schema.Array(between(1, 100)),
      chunkSize: between(1, 64),
      isSilent: Schema.Boolean
    },
    ({ size, lengths, chunkSize, isSilent }) =>
      Effect.gen(function* () {
        const stored = bytesFrom(size)
        const left = [...lengths]
        const open = (offset: number) => {
          const end = Math.min(size, offset + (left.shift() ?? size))
          const body = connection(stored, offset, end, chunkSize)
          return isSilent ? Stream.ignore(body) : body
        }
        const body = resumableBody({ size, first: open(0), resume: (offset) => Effect.sync(() => open(offset)) })
        const bytes = Buffer.concat(yield* whileTimePasses(Stream.runCollect(body)))
        assert.isTrue(bytes.equals(stored))
      })
  )

  it.effect("a body that advances each time is resumed as often as it takes", () =>
    Effect.gen(function* () {
      const stored = bytesFrom(100)
      const open = (offset: number) => connection(stored, offset, offset + 1, 1)
      const body = resumableBody({ size: 100, first: open(0), resume: (offset) => Effect.sync(() => open(offset)) })
      assert.isTrue(Buffer.concat(yield* whileTimePasses(Stream.runCollect(body))).equals(stored))
    })
  )

  it.effect("a body that advances no more is given up after five attempts, and says how far it came", () =>
    Effect.gen(function* () {
      let attempts = 0
      const body = resumableBody({
        size: 100,
        first: connection(bytesFrom(100), 0, 40, 8),
        resume: () => {
          attempts += 1
          return Effect.fail(cut)
        }
      })
      const failure = yield* whileTimePasses(Effect.flip(Stream.runDrain(body)))
      assert.strictEqual(failure._tag, "BodyInterrupted")
      assert.include(failure.detail, "after 40 of 100 bytes")
      assert.strictEqual(attempts, 5)
    })
  )

  it.effect("a failure that is no cut ends the body at once, as it is", () =>
    Effect.gen(function* () {
      const denied = new AccessDenied({ detail: "the policy was changed" })
      const resume = () => Effect.fail(denied)
      const body = resumableBody({ size: 100, first: connection(bytesFrom(100), 0, 40, 8), resume })
      assert.strictEqual(yield* whileTimePasses(Effect.flip(Stream.runDrain(body))), denied)
    })
  )

  it.effect("more bytes than announced are an error, and none of them is passed on", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const body = resumableBody({ size: 100, first: connection(bytesFrom(101), 0, 101, 10), resume: nothingLeft })
      const failure = yield* Effect.flip(Stream.runForEach(body, (chunk) => Effect.sync(() => seen.push(chunk.length))))
      assert.strictEqual(failure._tag, "BodyInterrupted")
      assert.isAtMost(
        seen.reduce((sum, length) => sum + length, 0),
        100
      )
    })
  )

  it.effect("a connection that is resumed is closed before the next one is opened", () =>
    Effect.gen(function* () {
      const stored = bytesFrom(30)
      let open = 0
      const body = resumableBody({
        size: 30,
        first: connection(stored, 0, 10, 5),
        resume: (offset) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              assert.strictEqual(open, 0)
              open += 1
              return connection(stored, offset, offset + 10, 5)
            }),
            () => Effect.sync(() => (open -= 1))
          )
      })
      yield* whileTimePasses(Stream.runDrain(body))
      assert.strictEqual(open, 0)
    })
  )
})
