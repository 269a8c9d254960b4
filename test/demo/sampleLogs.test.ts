import { isUtf8 } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import { decodeObject } from "../../src/decode/decodeObject.ts"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import { type Kind, type SampleLog, sampleLog } from "../../src/demo/sampleLogs.ts"
import { logs } from "../../src/demo/uploads.ts"
import * as RecordBatch from "../../src/domain/RecordBatch.ts"

const kinds: ReadonlyArray<Kind> = ["CloudTrail", "VPC flow", "ALB", "NDJSON"]

/** The first logs of a kind. */
const some = (kind: Kind, seed = 1): ReadonlyArray<SampleLog> => {
  const random = Pseudorandom.make(seed)
  return Array.from({ length: 5 }, (_, index) => sampleLog(kind, index, random))
}

const decoded = ({ bytes, key }: SampleLog) =>
  decodeObject(Stream.succeed(bytes), {
    key,
    inflateKernel: InflateKernel.make(),
    jsonKernel: JsonKernel.make(),
    maxRecordBytes: 1_000_000,
    maxObjectBytes: 100_000_000,
    maxExpansionRatio: 1000
  }).pipe(
    Stream.runCollect,
    Effect.map((batches) =>
      batches.flatMap((batch) => Array.from(RecordBatch.records(batch), (bytes) => Buffer.from(bytes).toString()))
    )
  )

describe("sampleLogs", () => {
  for (const kind of kinds) {
    it(`${kind}: one seed always gives the same bytes, and another gives others`, () => {
      assert.deepStrictEqual(some(kind), some(kind))
      assert.notDeepEqual(some(kind, 1), some(kind, 2))
    })

    it.effect(`${kind}: an object has the records that it says it has, in their order`, () =>
      Effect.gen(function* () {
        for (const log of some(kind)) {
          assert.isAtLeast(log.records.length, 20)
          assert.deepStrictEqual(yield* decoded(log), log.records)
        }
      })
    )
  }

  it("compressed logs are compressed and plain ones are plain, as their keys say", () => {
    for (const { bytes, key } of kinds.flatMap((kind) => some(kind))) {
      assert.strictEqual(Buffer.from(bytes.subarray(0, 2)).toString("hex") === "1f8b", key.endsWith(".gz"), key)
    }
  })

  it("every CloudTrail record is JSON of its own, with what a rule would look at", () => {
    for (const record of some("CloudTrail").flatMap(({ records }) => records)) {
      assert.containsAllKeys(JSON.parse(record), ["eventTime", "eventSource", "eventName", "awsRegion", "userIdentity"])
    }
  })

  it("the application's text is not ASCII: more than one byte a letter, emoji, and letters made of two", () => {
    const logs = some("NDJSON")
    const text = logs.flatMap(({ records }) => records).join("\n")
    assert.isTrue(logs.every(({ bytes }) => isUtf8(bytes)))
    for (const part of ["é", "注文", "📏", "e\u0301"]) assert.include(text, part)
  })

  it("the demo's keys are all different, and some are such as S3 must encode", () => {
    const keys = logs().map(({ bucket, key }) => `${bucket}/${key}`)
    assert.strictEqual(new Set(keys).size, keys.length)
    for (const char of [" ", "+", "ö"]) assert.isTrue(keys.some((key) => key.includes(char)))
  })
})
