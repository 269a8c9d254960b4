/**
 * What an STS that does not answer does to reading, over HTTP, with sessions of a few seconds.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as Fault from "../faults/Fault.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"

const SESSION = Duration.seconds(5)

/** How soon reading must go on once STS is back. */
const RESUMED = Duration.seconds(60)

const law = <E>(name: string, body: Effect.Effect<void, E, World.Services>) =>
  it.live(
    name,
    () =>
      body.pipe(
        Effect.scoped,
        Effect.provide(Layer.provideMerge(World.layer({ sessionLifetimeCap: SESSION }), Logged.layer))
      ),
    90_000
  )

const uploadOne = (index: number) => World.upload(World.linesOf(`o${index}`, `line of ${index}`))

const arrivedBy = (limit: Duration.Duration, index: number) =>
  Effect.flatMap(World.Books, (books) =>
    World.until(
      `object ${index} arrived`,
      Effect.sync(() => books.missing(World.bucket, `o${index}`).length === 0),
      limit
    )
  )

describe.concurrent("laws of an STS outage", () => {
  law(
    "within a session's life there is no interruption: every object is read as if nothing were",
    Effect.gen(function* () {
      const { setRules } = yield* FaultProxy
      const aws = yield* EmbeddedAws
      yield* World.start()
      yield* uploadOne(0)
      yield* arrivedBy(Duration.seconds(5), 0)
      const [first] = yield* aws.sessions
      yield* setRules([Fault.outage("sts")])
      const end = (first?.expiresAt ?? 0) - 1000
      let index = 1
      for (; Date.now() < end; index++) {
        yield* uploadOne(index)
        yield* arrivedBy(Duration.seconds(1), index)
        yield* Effect.sleep("200 millis")
      }
      assert.isAbove(index, 5)
      assert.strictEqual((yield* aws.sessions).length, 1, "it was the one session all along")
    })
  )

  law(
    "beyond it reading stops, nothing is lost, and it goes on by itself when STS is back",
    Effect.gen(function* () {
      const { setRules } = yield* FaultProxy
      const aws = yield* EmbeddedAws
      yield* World.start()
      yield* uploadOne(0)
      yield* arrivedBy(Duration.seconds(5), 0)
      yield* setRules([Fault.outage("sts", Fault.internalError)])
      yield* Effect.sleep(Duration.sum(SESSION, Duration.millis(500)))
      const denied = (yield* aws.ledger).length
      yield* uploadOne(1)
      yield* uploadOne(2)
      yield* Effect.sleep("2 seconds")
      assert.strictEqual((yield* World.Books).verdict().lost, 2, "nothing is read without a session")
      const reads = (yield* aws.ledger).slice(denied).filter(({ service }) => service === "s3")
      assert.deepStrictEqual(reads, [], "nor is S3 asked with one that is over")
      yield* setRules([])
      yield* Effect.forEach([1, 2], (index) => Effect.andThen(uploadOne(index + 2), arrivedBy(RESUMED, index + 2)))
      yield* World.untilQueueIsEmpty(RESUMED)
      const { duplicated, lost } = (yield* World.Books).verdict()
      assert.deepStrictEqual({ lost, duplicated }, { lost: 0, duplicated: 0 })
    })
  )
})
