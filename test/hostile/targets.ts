/**
 * The parts of s3beat that read what strangers have written, each with the inputs that it is fed.
 */
import { gzipSync, zstdCompressSync } from "node:zlib"
import { Effect, Result, Stream } from "effect"
import * as fc from "fast-check"
import * as InflateKernel from "../../src/decode/InflateKernel.ts"
import * as JsonKernel from "../../src/decode/JsonKernel.ts"
import { decodeObject, type DecodeObjectOptions } from "../../src/decode/decodeObject.ts"
import { acknowledgement } from "../../src/demo/Collector.ts"
import { show } from "../../src/domain/ObjectRef.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"
import { makeAckReader } from "../../src/output/logstash/lumberjack.ts"
import * as OpenWindows from "../../src/output/logstash/OpenWindows.ts"
import { parse, withKeys } from "../config/configText.ts"
import { notificationOf } from "../support/pipeline.ts"
import { byBytes, byField } from "./mutate.ts"
import { inGeneral, type Target } from "./Target.ts"

const wrappedInSns = (body: string) => JSON.stringify({ Type: "Notification", MessageId: "m", Message: body })

const eventBridge = {
  version: "0",
  "detail-type": "Object Created",
  source: "aws.s3",
  region: "us-east-1",
  detail: { bucket: { name: "logs" }, object: { key: "a b", size: 5, etag: "abc", "version-id": "v1" } }
}

const s3Event: unknown = JSON.parse(
  notificationOf(...["a", "b/c d"].map((key) => ({ bucket: "logs", key, region: "us-east-1", eTag: "e", size: 3 })))
)

const goodBody = fc.constantFrom<unknown>(s3Event, eventBridge, { Event: "s3:TestEvent", Bucket: "logs" })

const notification: Target = {
  name: "notification",
  inputs: fc
    .oneof(byField(goodBody), byBytes(goodBody.map((body) => Buffer.from(JSON.stringify(body)))))
    .chain((body) => fc.nat(5).map((times) => Buffer.from(wrapped(body.toString(), times)))),
  outcomeOf: (input) =>
    Result.match(parseNotification(input.toString()), {
      onFailure: ({ detail }) => inGeneral(detail),
      onSuccess: ({ ignored, objects }) => {
        for (const object of objects) {
          if (!/^[\w.-]{1,255}$/u.test(object.bucket) || !/^[A-Za-z\d-]{1,63}$/u.test(object.region)) {
            throw new Error("a request would leave for somewhere else")
          }
          if (!object.key.isWellFormed() || Buffer.byteLength(object.key) > 1024 || !((object.size ?? 0) >= 0)) {
            throw new Error("S3 has no such object")
          }
          if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(show(object))) throw new Error("its name forges a log line")
        }
        return `${Math.min(objects.length, 2)} objects, ${ignored.testEvents} test events, ${Math.min(ignored.notCreated, 2)} others`
      }
    })
}

const wrapped = (body: string, times: number): string => (times === 0 ? body : wrapped(wrappedInSns(body), times - 1))

/** Small, so that small inputs pass them. */
const limits: DecodeObjectOptions = {
  inflateKernel: InflateKernel.make(),
  jsonKernel: JsonKernel.make(),
  maxRecordBytes: 64,
  maxObjectBytes: 4 * 1024 * 1024,
  maxExpansionRatio: 100
}

const outcomeOfObject = (options: Partial<DecodeObjectOptions>) => (input: Buffer) =>
  decodeObject(Stream.succeed<Uint8Array>(input), { ...limits, ...options }).pipe(
    Stream.runFold(
      () => 0,
      (sum: number, { count }) => sum + count
    ),
    Effect.match({
      onFailure: ({ message, reason }) => `${reason._tag}: ${inGeneral(message)}`,
      onSuccess: (count) => `${Math.min(count, 2)} records`
    }),
    Effect.runPromise
  )

const goodLog = fc.oneof(
  fc.array(fc.string({ maxLength: 100 }), { maxLength: 20 }).map((lines) => lines.join("\n")),
  fc.array(fc.jsonValue(), { maxLength: 5 }).map((Records) => JSON.stringify({ Records })),
  fc.constant("a".repeat(2_000_000))
)

const compressed: Target = {
  name: "compressed object",
  inputs: byBytes(
    fc
      .tuple(goodLog, fc.constantFrom(gzipSync, zstdCompressSync), fc.integer({ min: 1, max: 3 }))
      .map(([log, compress, times]) => Buffer.concat(Array.from({ length: times }, () => compress(Buffer.from(log)))))
  ),
  outcomeOf: outcomeOfObject({})
}

const jsonDocument: Target = {
  name: "JSON document",
  inputs: fc.oneof(
    byBytes(fc.array(fc.jsonValue(), { maxLength: 5 }).map((Records) => Buffer.from(JSON.stringify({ Records })))),
    byField(fc.array(fc.jsonValue(), { maxLength: 3 }).map((Records) => ({ Records })))
  ),
  outcomeOf: outcomeOfObject({ expandEventListFromField: "Records" })
}

const lines: Target = {
  name: "lines",
  inputs: byBytes(
    fc
      .array(fc.constantFrom("\n", "\r\n", "\r", "\0", "\ufeff", "\ud800", "a", "x".repeat(100)), { maxLength: 30 })
      .map((parts) => Buffer.from(parts.join("")))
  ),
  outcomeOf: outcomeOfObject({})
}

const config: Target = {
  name: "config",
  inputs: byBytes(
    fc
      .constantFrom(
        withKeys("period: 10s", "tags: [a, 'b']", "traits.inclusion: AWSLogs/.*"),
        withKeys("a: [1, {b: c}]", "multiline: {pattern: '^\\[', negate: true, match: after}"),
        withKeys('? [a]\n  : &x !!map {*x : *x, ${A:b}: "\\u0000"}', "x.y.z: |+\n    a", "<<: *x"),
        "%YAML 1.2\n---\na: >-\n b\n...\n"
      )
      .map((text) => Buffer.from(text))
  ),
  outcomeOf: (input) =>
    Result.match(parse(input.toString()), {
      onFailure: ({ problems: [first] }) => {
        if (first === undefined) return fail("it is refused for nothing")
        return first.message.startsWith("is no YAML") ? inGeneral(first.message) : "refused"
      },
      onSuccess: () => "read"
    })
}

const fail = (what: string): never => {
  throw new Error(what)
}

/** Two windows are on their way, of these many events. */
const WINDOWS = [3, 5]

const acknowledgements: Target = {
  name: "acknowledgements",
  inputs: fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    byBytes(
      fc
        .array(fc.oneof(fc.nat(9), fc.constantFrom(0xffffffff, 0x80000000)).map(acknowledgement), { maxLength: 8 })
        .map((acks) => Buffer.concat(acks))
    )
  ),
  outcomeOf: (input) => {
    const windows = OpenWindows.make()
    const acked = WINDOWS.map(() => 0)
    for (const [index, count] of WINDOWS.entries()) {
      windows.add({ count, onProgress: (events) => void (acked[index] = (acked[index] ?? 0) + events) })
    }
    let wrong: string | undefined
    const told = makeAckReader().read(input, (sequence) => (wrong ??= windows.acknowledge(sequence)))
    if (WINDOWS.some((count, i) => (acked[i] ?? 0) > count || (acked[i] ?? 0) < 0)) fail("more was acked than was sent")
    if (acked[1] !== 0 && acked[0] !== WINDOWS[0]) fail("a window was acked before the one before it")
    return `${windows.size()} windows open: ${inGeneral(wrong ?? told ?? "well")}`
  }
}

/** All of them. */
export const targets: ReadonlyArray<Target> = [notification, compressed, jsonDocument, lines, config, acknowledgements]
