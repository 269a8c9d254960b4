/**
 * What the benchmark counts and computes with.
 */
import { deflateSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { isSignedWith, parseAuthorization } from "../../src/demo/signature.ts"
import { signedHeaders } from "./floor/signedHeaders.ts"
import * as Histogram from "./Histogram.ts"
import { spread } from "./measure.ts"
import * as Backlog from "./server/Backlog.ts"
import { shapes } from "./shapes.ts"
import { makeReader } from "./sink/lumberjack.ts"

describe("a histogram", () => {
  it("gives the percentiles of the durations themselves", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
        const histogram = Histogram.make()
        for (const millis of all) histogram.add(millis)
        const rank = Math.max(Math.ceil(part * all.length), 1)
        assert.strictEqual(histogram.percentile(part), all.toSorted((a, b) => a - b)[rank - 1])
      })
    )
  })

  it("of nothing is 0", () => {
    assert.strictEqual(Histogram.make().percentile(0.99), 0)
  })
})

describe("the spread of runs", () => {
  it("is the middle one and the ends, in whatever order they came", () => {
    assert.deepStrictEqual(spread([3, 1, 10, 2, 4]), { median: 3, min: 1, max: 10 })
  })
})

describe("a backlog", () => {
  it("hands every message over once, and is at its end when all are deleted", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.integer({ min: 1, max: 10 })), (messages, sizes) => {
        const backlog = Backlog.make({ messages })
        const seen = new Set<number>()
        for (const max of [...sizes, ...Array.from({ length: messages }, () => 10)]) {
          for (const { index, receiptHandle } of backlog.receive(max, 30_000, 1000)) {
            assert.isFalse(seen.has(index))
            seen.add(index)
            backlog.delete(receiptHandle, 1500)
            backlog.delete(receiptHandle, 9000)
          }
        }
        assert.strictEqual(backlog.deleted(), messages)
        assert.isUndefined(backlog.nextAt(2000))
        assert.strictEqual(backlog.latencies.percentile(1), 500)
      })
    )
  })

  it("sends at its rate, and tells when the next message comes", () => {
    const backlog = Backlog.make({ messages: 3, rate: 10 })
    assert.deepStrictEqual(
      backlog.receive(10, 30_000, 1000).map(({ sentAt }) => sentAt),
      [1000]
    )
    assert.strictEqual(backlog.nextAt(1000), 1100)
    assert.deepStrictEqual(
      backlog.receive(10, 30_000, 1500).map(({ sentAt }) => sentAt),
      [1100, 1200]
    )
  })

  it("brings a message back when its time is over, and its old handle is no longer good", () => {
    const backlog = Backlog.make({ messages: 1 })
    const [first] = backlog.receive(10, 1000, 0)
    assert.deepStrictEqual(backlog.receive(10, 1000, 999), [])
    assert.strictEqual(backlog.nextAt(0), 1000)
    const [second] = backlog.receive(10, 1000, 1000)
    assert.strictEqual(second?.receiveCount, 2)
    assert.isFalse(backlog.changeVisibility(first?.receiptHandle ?? "", 0, 1001))
    assert.isTrue(backlog.changeVisibility(second?.receiptHandle ?? "", 0, 1001))
    assert.strictEqual(backlog.receive(10, 1000, 1001).length, 1)
  })
})

describe("the shape of a real account", () => {
  it("has most objects stored in under 20 KB, and a few in over 50 MB", () => {
    const mixed = shapes.find(({ name }) => name === "mixed")
    const sizes = Array.from(
      { length: mixed?.objects ?? 0 },
      (_, i) => (mixed?.bodies[mixed.bodyOf(i)]?.size ?? 0) / 11
    )
    const share = (isOne: (size: number) => boolean) => sizes.filter(isOne).length / sizes.length
    assert.approximately(
      share((size) => size < 20_000),
      0.7,
      0.05
    )
    assert.approximately(
      share((size) => size > 50_000_000),
      0.001,
      0.0005
    )
  })
})

describe("the signature of the bare client", () => {
  it("is one that AWS would take", () => {
    const sign = signedHeaders({ accessKeyId: "AKIA", secretAccessKey: "secret", region: "eu-west-1", host: "s3.test" })
    for (const now of [Date.UTC(2026, 0, 2, 3, 4, 5), Date.UTC(2026, 0, 3)]) {
      const url = "/bucket/a/key.gz?x-id=GetObject"
      const headers = sign("/bucket/a/key.gz", "x-id=GetObject", now)
      const authorization = parseAuthorization(headers["authorization"])
      assert.isDefined(authorization)
      if (authorization === undefined) continue
      const request = { method: "GET", url, headers, body: Buffer.alloc(0) }
      assert.isTrue(isSignedWith("secret", authorization, request))
      assert.isFalse(isSignedWith("secret", authorization, { ...request, url: "/bucket/another" }))
    }
  })
})

const frame = (kind: string, ...fields: ReadonlyArray<number | Buffer>): Buffer =>
  Buffer.concat([
    Buffer.from(`2${kind}`),
    ...fields.map((field) => {
      if (typeof field !== "number") return field
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(field)
      return bytes
    })
  ])

const eventFrame = (sequence: number, json: Buffer) => frame("J", sequence, json.length, json)

const windowOf = (events: ReadonlyArray<string>, isCompressed: boolean): Buffer => {
  const frames = Buffer.concat(events.map((json, i) => eventFrame(i + 1, Buffer.from(json))))
  const packed = deflateSync(frames)
  return Buffer.concat([frame("W", events.length), isCompressed ? frame("C", packed.length, packed) : frames])
}

describe("the sink of Lumberjack", () => {
  const windows = fc.array(
    fc.record({ events: fc.array(fc.string(), { minLength: 1, maxLength: 20 }), isCompressed: fc.boolean() }),
    { maxLength: 5 }
  )

  it("acknowledges each window by its last event, compressed or not, however its bytes are cut", () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 50 }), (windows, size) => {
        const bytes = Buffer.concat(windows.map(({ events, isCompressed }) => windowOf(events, isCompressed)))
        const reader = makeReader()
        const acks: Array<Buffer> = []
        for (let at = 0; at < bytes.length; at += size) acks.push(...reader.push(bytes.subarray(at, at + size)))
        assert.deepStrictEqual(
          acks,
          windows.map(({ events }) => frame("A", events.length))
        )
        assert.strictEqual(
          reader.events(),
          windows.reduce((sum, { events }) => sum + events.length, 0)
        )
      })
    )
  })

  it("refuses what is no Lumberjack", () => {
    assert.throws(() => makeReader().push(Buffer.from("GET / HTTP/1.1")))
  })
})
