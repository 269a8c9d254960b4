import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { makeKeyFilter } from "../../src/notification/keyFilter.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"

/** As S3 encodes a key: as an HTML form does, in UTF-8. */
const encodeKey = (key: string) => encodeURIComponent(key).replaceAll("%20", "+")

const record = (key: string, more: Record<string, unknown> = {}) => ({
  eventVersion: "2.1",
  eventSource: "aws:s3",
  awsRegion: "eu-west-1",
  eventTime: "2026-01-01T00:00:00.000Z",
  eventName: "ObjectCreated:Put",
  s3: {
    s3SchemaVersion: "1.0",
    bucket: { name: "logs", arn: "arn:aws:s3:::logs" },
    object: { key: encodeKey(key), size: 12, eTag: "abc", sequencer: "00" }
  },
  ...more
})

const s3Event = (...records: ReadonlyArray<unknown>) => JSON.stringify({ Records: records })

const sns = (message: string) =>
  JSON.stringify({ Type: "Notification", TopicArn: "arn:aws:sns:x", Message: message, Timestamp: "t" })

const eventBridge = (key: string, detailType = "Object Created") =>
  JSON.stringify({
    version: "0",
    "detail-type": detailType,
    source: "aws.s3",
    region: "ca-central-1",
    detail: { bucket: { name: "logs" }, object: { key, size: 5, etag: "abc", "version-id": "v1" } }
  })

const read = (body: string) => Result.getOrThrow(parseNotification(body))

const refused = (body: string) => {
  const result = parseNotification(body)
  assert.isTrue(Result.isFailure(result), "it was read")
  return Result.isFailure(result) ? result.failure.detail : ""
}

const keys = (body: string) => read(body).objects.map(({ key }) => key)

describe("parseNotification", () => {
  it("reads every object of an S3 event, in order", () => {
    const { objects } = read(s3Event(record("a"), record("b")))
    assert.deepStrictEqual(objects, [
      { bucket: "logs", key: "a", region: "eu-west-1", eTag: "abc", size: 12 },
      { bucket: "logs", key: "b", region: "eu-west-1", eTag: "abc", size: 12 }
    ])
  })

  it("any key comes back as it was before S3 encoded it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (key) => {
        assert.deepStrictEqual(keys(s3Event(record(key))), [key])
      })
    )
    assert.deepStrictEqual(keys(s3Event(record("a b+c%2B/ü 日本.gz"))), ["a b+c%2B/ü 日本.gz"])
  })

  it("an EventBridge key is taken as it is, because AWS does not encode it", () => {
    assert.deepStrictEqual(keys(eventBridge("a+b%20c")), ["a+b%20c"])
    assert.deepStrictEqual(read(eventBridge("k")).objects, [
      { bucket: "logs", key: "k", region: "ca-central-1", versionId: "v1", eTag: "abc", size: 5 }
    ])
  })

  it("unwraps SNS's envelope, around S3's own event and around EventBridge's", () => {
    assert.deepStrictEqual(keys(sns(s3Event(record("a b")))), ["a b"])
    assert.deepStrictEqual(keys(sns(eventBridge("a+b"))), ["a+b"])
  })

  it("a test event names nothing, direct or through SNS", () => {
    const test = JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "logs" })
    for (const body of [test, sns(test)]) {
      assert.deepStrictEqual(read(body), { objects: [], ignored: { testEvents: 1, notCreated: 0 } })
    }
  })

  it("only creation names objects: everything else is counted", () => {
    const { ignored, objects } = read(
      s3Event(
        record("a", { eventName: "ObjectCreated:CompleteMultipartUpload" }),
        record("b", { eventName: "ObjectRemoved:Delete" }),
        record("c", { eventName: "s3:ObjectCreated:Copy" }),
        record("d", { eventName: "ObjectRestore:Completed" })
      )
    )
    assert.deepStrictEqual(
      objects.map(({ key }) => key),
      ["a", "c"]
    )
    assert.deepStrictEqual(ignored, { testEvents: 0, notCreated: 2 })
    assert.deepStrictEqual(read(eventBridge("k", "Object Deleted")).ignored, { testEvents: 0, notCreated: 1 })
  })

  it("an event without records is nothing to read", () => {
    assert.deepStrictEqual(read(s3Event()).objects, [])
  })

  it("says what is not as S3 sends it, and where", () => {
    assert.include(refused("not JSON"), "not JSON")
    assert.include(refused("[]"), "no object")
    assert.include(refused("{}"), "neither an S3 event")
    assert.include(
      refused(s3Event({ ...record("a"), s3: { bucket: { name: "b" }, object: {} } })),
      "Records[0].s3.object.key"
    )
    assert.include(refused(s3Event(record("a"), record("b", { eventVersion: "3.0" }))), "Records[1].eventVersion")
    assert.include(refused(s3Event(record("a", { eventSource: "aws:sqs" }))), "eventSource")
    const broken = record("a")
    broken.s3.object.key = "%zz"
    assert.include(refused(s3Event(broken)), "URL-encoded")
    broken.s3.object.key = "%ff"
    assert.include(refused(s3Event(broken)), "URL-encoded")
  })

  it("one bad record makes the whole message unreadable: nothing of it would be lost silently", () => {
    assert.include(refused(s3Event(record("a"), {})), "Records[1]")
  })

  it("never quotes the body, which anyone may have written", () => {
    const forged = "SECRET\nFORGED"
    for (const body of [forged, `{"${forged}":1}`, s3Event({ eventVersion: forged }), sns(forged)]) {
      const detail = refused(body)
      assert.notInclude(detail, "SECRET")
      assert.notInclude(detail, "\n")
    }
  })

  it("hostile bodies end in a typed error", () => {
    refused("[".repeat(100_000) + "]".repeat(100_000))
    refused('{"a":'.repeat(100_000) + "1" + "}".repeat(100_000))
    refused('{"__proto__":{"Records":[]}}')
    let nested = s3Event(record("a"))
    for (let i = 0; i < 10; i++) nested = sns(nested)
    assert.include(refused(nested), "envelopes")
  })
})

describe("keyFilter", () => {
  it("without expressions every key is read", () => {
    assert.isTrue(makeKeyFilter({})("anything"))
  })

  it("inclusion selects, exclusion wins", () => {
    const accepts = makeKeyFilter({ inclusion: /^AWSLogs\//u, exclusion: /Digest/u })
    assert.isTrue(accepts("AWSLogs/1/CloudTrail/x.gz"))
    assert.isFalse(accepts("other/x.gz"))
    assert.isFalse(accepts("AWSLogs/1/CloudTrail-Digest/x.gz"))
  })
})
