/**
 * The work that `decode.ts` measures, one kind of it per process: `node decodeWork.ts KIND FILE`.
 */
import { createReadStream } from "node:fs"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Effect, Stream } from "effect"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import { decodeObject } from "../../src/decode/decodeObject.ts"
import type { RecordBatch } from "../../src/domain/RecordBatch.ts"
import { makeEventEncoder } from "../../src/encode/EventEncoder.ts"
import { measured } from "./measure.ts"

const MEBIBYTE = 1024 * 1024

const [kind = "", file = ""] = process.argv.slice(2)

/** In chunks as a socket brings them. */
const stored = () => createReadStream(file, { highWaterMark: 64 * 1024 })

const decoded = (each: (batch: RecordBatch) => number) =>
  decodeObject(NodeStream.fromReadable({ evaluate: stored, onError: (error) => error }), {
    inflateKernel: InflateKernel.make(),
    jsonKernel: JsonKernel.make(),
    maxRecordBytes: 10 * MEBIBYTE,
    maxObjectBytes: 1024 * MEBIBYTE,
    maxExpansionRatio: 1000
  }).pipe(
    Stream.runFold(
      () => 0,
      (count: number, batch) => count + each(batch)
    ),
    Effect.runPromise
  )

const events = makeEventEncoder({
  beatName: "s3beat",
  version: "0.0.0",
  fullyQualifiedBeatName: "s3beat_bench",
  fieldsUnderRoot: false,
  tags: []
})
const encoder = events.forObject({
  bucket: "production-logs",
  key: "AWSLogs/111122223333/CloudTrail/a.json.gz",
  region: "eu-central-1"
})

/** How many slabs the batch fills. */
const encoded = (batch: RecordBatch) => {
  let count = 0
  for (const slab of encoder.encode(batch, 0)) {
    count++
    events.release(slab.events)
  }
  return count
}

const kinds: Readonly<Record<string, () => Promise<number>>> = {
  decode: () => decoded((batch) => batch.count),
  decodeAndEncode: () => decoded(encoded)
}

const work = kinds[kind]
if (work === undefined) throw new Error(`no such work: ${kind}`)
await measured(work)
