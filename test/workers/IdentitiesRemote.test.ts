import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CredentialsError } from "../../src/credentials/Credentials.ts"
import { AccessDenied } from "../../src/domain/reasons.ts"
import { Identities } from "../../src/credentials/Identities.ts"
import * as IdentitiesRemote from "../../src/workers/IdentitiesRemote.ts"
import { MainThread } from "../../src/workers/MainThread.ts"
import type { Answer, Question } from "../../src/workers/protocol.ts"

/** A role's identity, and what it asked a main thread that answers with keys of one generation after the other, or with an error, until it is mute. */
const start = Effect.fnUntraced(function* (answers: { readonly error?: CredentialsError } = {}) {
  const asked: Array<Question> = []
  let isMute = false
  const closed = yield* Deferred.make<void>()
  const main = MainThread.of({
    ask: (question) =>
      Effect.suspend((): Effect.Effect<Answer> => {
        if (isMute) return Effect.never
        const generation = asked.push(question)
        if (answers.error !== undefined) {
          return Effect.succeed({ _tag: "Failed", error: Schema.encodeSync(CredentialsError)(answers.error) })
        }
        const keys = { accessKeyId: `AKIA-${generation}`, secretAccessKey: "secret", expiresAt: 3_600_000 }
        return Effect.succeed({ _tag: "Keys", keys })
      }),
    tellCounted: () => Effect.void,
    tellDrained: Effect.void,
    drain: Effect.never,
    closed: Deferred.await(closed)
  })
  const roles = [{ arn: "arn:aws:iam::111122223333:role/reader", buckets: [], queues: [] }]
  const { assumed } = yield* Identities.pipe(
    Effect.provide(Layer.provide(IdentitiesRemote.layer(roles), Layer.succeed(MainThread, main)))
  )
  const identity = assumed[0]?.identity
  assert.isDefined(identity)
  const accessKey = Effect.map(identity.keys, ({ accessKeyId }) => Redacted.value(accessKeyId))
  const mute = Effect.sync(() => void (isMute = true))
  return { asked, identity, accessKey, mute, close: Deferred.succeed(closed, undefined) }
})

describe("IdentitiesRemote", () => {
  it.effect("keys are asked for every five seconds at the most", () =>
    Effect.gen(function* () {
      const { accessKey, asked } = yield* start()
      assert.strictEqual(yield* accessKey, "AKIA-1")
      yield* TestClock.adjust("4999 millis")
      assert.strictEqual(yield* accessKey, "AKIA-1")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* accessKey, "AKIA-2")
      assert.deepStrictEqual(asked, [
        { _tag: "Keys", identity: 0 },
        { _tag: "Keys", identity: 0 }
      ])
    })
  )

  it.effect("keys that AWS called expired are named, and those that come for them are used at once", () =>
    Effect.gen(function* () {
      const { accessKey, asked, identity } = yield* start()
      yield* identity.refresh(yield* identity.keys)
      assert.strictEqual(yield* accessKey, "AKIA-2")
      assert.deepStrictEqual(asked[1], { _tag: "Keys", identity: 0, expired: "AKIA-1" })
    })
  )

  it.effect("why there are no keys is told as the main thread tells it", () =>
    Effect.gen(function* () {
      const error = new CredentialsError({ identity: "reader", reason: new AccessDenied({ detail: "no" }) })
      const { identity } = yield* start({ error })
      assert.deepStrictEqual(yield* Effect.flip(identity.keys), error)
    })
  )

  it.effect("once the main thread has closed the connection the last keys serve on", () =>
    Effect.gen(function* () {
      const { accessKey, close, mute } = yield* start()
      assert.strictEqual(yield* accessKey, "AKIA-1")
      yield* TestClock.adjust("1 minute")
      yield* Effect.andThen(mute, close)
      assert.strictEqual(yield* accessKey, "AKIA-1")
    })
  )

  it.effect("who waits for keys when that happens gets the last ones, too", () =>
    Effect.gen(function* () {
      const { accessKey, close, mute } = yield* start()
      yield* accessKey
      yield* TestClock.adjust("1 minute")
      yield* mute
      const waiting = yield* Effect.forkChild(accessKey, { startImmediately: true })
      yield* close
      assert.strictEqual(yield* Fiber.join(waiting), "AKIA-1")
    })
  )
})
