/**
 * The laws that hold whatever goes wrong, over real HTTP, with random faults.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import * as fc from "fast-check"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"
import { OutputMemory } from "../../src/testing/OutputMemory.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import { menu } from "../faults/menu.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import { randomLog } from "../faults/randomLog.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { lawRuns, lawTimeout } from "../support/lawRuns.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"

const rule = fc
  .constantFrom("s3" as const, "s3" as const, "sqs" as const, "sqs" as const, "sts" as const)
  .chain((service) =>
    fc.record({
      on: fc.constant({ service }),
      fault: fc.constantFrom(...menu[service]),
      chance: fc.constantFrom(0.1, 0.5, 1),
      times: fc.constantFrom(1, 3, 8)
    })
  )

const schedule = fc.record({
  seed: fc.nat(),
  objects: fc.integer({ min: 4, max: 24 }),
  rules: fc.array(rule, { minLength: 1, maxLength: 6 }),
  output: fc.constantFrom("well", "fails twice", "stalls")
})

type PlanOf<A> = A extends fc.Arbitrary<infer Plan> ? Plan : never

/** How long the faults go on. */
const STORM = Duration.seconds(2)

/** How soon s3beat must be ready again once they end. */
const READY = Duration.seconds(60)

const keyOf = (body: string): string => {
  const parsed = parseNotification(body)
  return parsed._tag === "Success" ? (parsed.success.objects[0]?.key ?? "") : ""
}

/** Whether s3beat wanted to keep a message after it had heard that it is no longer its own. */
const isExtendedAfterLoss = ({ asked, refusedAt = Infinity }: Receipt): boolean =>
  asked.some(
    (wish) =>
      wish._tag === "ChangeVisibility" &&
      wish.seconds === Duration.toSeconds(World.visibilityTimeout) &&
      wish.at > refusedAt
  )

const run = (plan: PlanOf<typeof schedule>) =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy
    const output = yield* OutputMemory
    const books = yield* World.Books
    const random = Pseudorandom.make(plan.seed)
    const deletedTooSoon: Array<string> = []
    proxy.queue.onDelete(({ body }) => deletedTooSoon.push(...books.missing(World.bucket, keyOf(body))))

    yield* proxy.setRules(plan.rules)
    if (plan.output === "fails twice") yield* output.fail(2)
    if (plan.output === "stalls") yield* output.pause
    yield* World.start()
    for (let index = 0; index < plan.objects; index++) {
      yield* World.upload(randomLog(index, random))
      yield* Effect.sleep(Duration.millis(random.int(60)))
    }
    yield* Effect.sleep(STORM)
    yield* proxy.setRules([])
    yield* output.resume
    const ended = yield* Clock.currentTimeMillis
    yield* World.untilQueueIsEmpty(READY)
    yield* World.upload(World.linesOf("after", "all is well again"))
    yield* World.untilQueueIsEmpty()
    assert.isAtMost(yield* World.since(ended), Duration.toMillis(READY), "it was ready again in time")

    const { altered, examples, lost, unidentified } = books.verdict()
    assert.deepStrictEqual(
      { lost, altered, unidentified, deletedTooSoon },
      { lost: 0, altered: 0, unidentified: 0, deletedTooSoon: [] },
      examples.join("\n")
    )
    assert.deepStrictEqual(
      proxy.queue.receipts().filter(isExtendedAfterLoss),
      [],
      "a lease that was lost is not extended again"
    )
    const receipts = Map.groupBy(proxy.queue.receipts(), ({ body }) => keyOf(body))
    for (const [key, { length }] of receipts) {
      assert.isAtMost(
        books.mostArrivals(World.bucket, key),
        length,
        `${key} arrived more often than it was handed over`
      )
    }
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(World.layer({ seed: plan.seed }), Logged.layer)))

describe("laws", () => {
  it.live(
    "whatever goes wrong: nothing is lost or altered, nothing is deleted before its ack, every duplicate has its original's id, and there are no more of them than messages handed over again",
    () => checkProperty(schedule, run, lawRuns(4)),
    lawTimeout
  )
})
