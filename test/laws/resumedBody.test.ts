/**
 * What becomes of a body that is cut while the object is overwritten: one content or the other, never a mixture.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fc from "fast-check"
import { s3Arn } from "../../src/demo/World.ts"
import * as Fault from "../faults/Fault.ts"
import { FaultProxy } from "../faults/FaultProxy.ts"
import type { ProxiedRequest } from "../faults/ProxiedRequest.ts"
import { checkProperty } from "../support/checkProperty.ts"
import { lawRuns, lawTimeout } from "../support/lawRuns.ts"
import * as World from "../support/lawWorld.ts"
import * as Logged from "../support/Logged.ts"

const KEY = "overwritten"

/** Two contents of the same length: spliced, they would make a whole object. */
const content = (name: string, lines: number) =>
  World.linesOf(KEY, ...Array.from({ length: lines }, (_, i) => `${name} line ${String(i).padStart(6, "0")}`))

const schedule = fc.record({
  lines: fc.integer({ min: 2, max: 20_000 }),
  cutAt: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  cut: fc.constantFrom(Fault.reset, Fault.truncate)
})

type PlanOf<A> = A extends fc.Arbitrary<infer Plan> ? Plan : never

const run = ({ cut, cutAt, lines }: PlanOf<typeof schedule>) =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy
    const books = yield* World.Books
    const resumed: Array<ProxiedRequest> = []
    const before = content("before", lines)
    const bytes = Math.floor(before.bytes.byteLength * cutAt)
    yield* proxy.setRules([
      { on: { resource: s3Arn(World.bucket, KEY) }, fault: cut(bytes), times: 1 },
      // The time in which it is overwritten.
      { on: { resource: s3Arn(World.bucket, KEY) }, fault: Fault.drop, times: 2 }
    ])
    yield* proxy.setWatch((request) => {
      if ("range" in request.headers) resumed.push(request)
    })
    yield* World.upload(before)
    yield* World.start()
    yield* World.until(
      "the body is being resumed",
      Effect.sync(() => resumed.length > 0)
    )
    yield* World.upload(content("after!", lines))
    yield* World.untilQueueIsEmpty()
    for (const { headers } of resumed) assert.isDefined(headers["if-match"], "a Range is asked for only with If-Match")
    const { altered, examples, lost, unidentified } = books.verdict()
    assert.deepStrictEqual(
      { lost, altered, unidentified },
      { lost: 0, altered: 0, unidentified: 0 },
      examples.join("\n")
    )
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(World.layer(), Logged.layer)))

describe("laws of a resumed body", () => {
  it.live(
    "an object that is overwritten while it is read is never a mixture of both, and is resumed only as what it was",
    () => checkProperty(schedule, run, lawRuns(4)),
    lawTimeout
  )
})
