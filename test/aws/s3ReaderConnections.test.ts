import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as S3ReaderAws from "../../src/aws/S3ReaderAws.ts"
import { S3Reader } from "../../src/reader/S3Reader.ts"
import { bytesFrom } from "../support/bytesFrom.ts"
import * as Identities from "../support/fixedIdentities.ts"
import { S3Wire, layer as wire } from "../support/S3Wire.ts"
import { base, log, read, untilClosed, world } from "../support/s3ReaderWorld.ts"
import { turn } from "../support/turn.ts"

describe("S3ReaderAws: connections", () => {
  it.live("objects that are read to their end, one after the other, take turns on two connections", () =>
    Effect.gen(function* () {
      const { connections, put } = yield* S3Wire
      for (const size of [300_000, 100, 0]) {
        yield* put(log, bytesFrom(size))
        for (let n = 0; n < 5; n++) yield* read(log)
      }
      // The one that was used last rests for a turn of the event loop, so that a server may still close it.
      assert.isAtMost((yield* connections).accepted, 2)
    }).pipe(Effect.provide(world()))
  )

  it.live("a hundred objects can be open at once", () =>
    Effect.gen(function* () {
      const { put } = yield* S3Wire
      const reader = yield* S3Reader
      yield* put(log, bytesFrom(300_000))
      const open = Effect.replicateEffect(reader.open(log), 100, { concurrency: "unbounded" })
      assert.strictEqual((yield* open.pipe(Effect.timeout("10 seconds"))).length, 100)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.effect("a request that is not answered within 30 seconds is sent again", () =>
    Effect.gen(function* () {
      const { put, requests, rule } = yield* S3Wire
      yield* put(log, bytesFrom(10))
      yield* rule(() => "silence")
      const fiber = yield* Effect.forkChild(read(log))
      while ((yield* requests).length === 0) yield* turn
      yield* rule(() => undefined)
      yield* TestClock.adjust("29 seconds")
      yield* turn
      assert.strictEqual((yield* requests).length, 1)
      yield* TestClock.adjust("1 second")
      yield* turn
      yield* TestClock.adjust("1 second")
      while ((yield* requests).length === 1) yield* turn
      assert.isTrue((yield* Fiber.join(fiber)).bytes.equals(bytesFrom(10)))
    }).pipe(Effect.provide(world()))
  )

  it.effect("an answer of the wrong length does not keep its connection while it is asked for again", () =>
    Effect.gen(function* () {
      const { connections, put, requests } = yield* S3Wire
      const { eTag = "" } = yield* put(log, bytesFrom(1_000_000))
      const fiber = yield* Effect.forkChild(read({ ...log, eTag, size: 5 }))
      while ((yield* requests).length < 4) {
        yield* turn
        yield* TestClock.adjust("1 second")
      }
      while ((yield* connections).open > 1) yield* turn
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(world()))
  )

  it.live("interruption aborts a request that waits for its answer", () =>
    Effect.gen(function* () {
      const { requests, rule } = yield* S3Wire
      yield* rule(() => "silence")
      const fiber = yield* Effect.forkChild(read(log))
      while ((yield* requests).length === 0) yield* turn
      yield* Fiber.interrupt(fiber)
      yield* untilClosed
    }).pipe(Effect.provide(world()))
  )

  it.live("closing the Layer closes its connections", () =>
    Effect.gen(function* () {
      const server = yield* S3Wire
      yield* server.put(log, bytesFrom(10))
      const scope = yield* Scope.make()
      const reader = yield* Layer.buildWithScope(
        S3ReaderAws.layer({ endpoint: server.endpoint, forcePathStyle: true }).pipe(
          Layer.provide(Identities.layer([base()]))
        ),
        scope
      )
      yield* read(log).pipe(Effect.provide(reader))
      assert.strictEqual((yield* server.connections).open, 1)
      yield* Scope.close(scope, Exit.void)
      yield* untilClosed
    }).pipe(Effect.provide(wire))
  )
})
