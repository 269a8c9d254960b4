import { assert, describe, it } from "@effect/vitest"
import { isDigestKey } from "../../src/decode/isDigestKey.ts"
import { HEAD_BYTES, type RecordOptions, selectDecoder } from "../../src/decode/selectDecoder.ts"
import { decodeAll, texts } from "../support/decoding.ts"

const decode = (text: string, options: Partial<RecordOptions> = {}) => {
  const bytes = Buffer.from(text)
  return decodeAll(selectDecoder(bytes.subarray(0, HEAD_BYTES), { maxRecordBytes: 1000, ...options }), [bytes])
}

const digest = JSON.stringify(
  { awsAccountId: "111122223333", digestStartTime: "2015-08-17T14:01:31Z", digestS3Bucket: "b", logFiles: [] },
  undefined,
  1
)

const multiline = { pattern: /^ /u, negate: false, match: "after", maxLines: 500 } as const

describe("selectDecoder", () => {
  it.each([
    '{"Records":[{"a":1},{"b":2}]}',
    '{"Records": [ {"a":1},\n{"b":2} ], "other": true}',
    '\u{feff}\r\n{\n\t"Records" :\n[{"a":1},{"b":2}]}',
    '[{"a":1},{"b":2}]',
    '\n[\n  {"a":1}, {"b":2}\n]\n'
  ])("%j is split without being told", (text) => {
    assert.deepStrictEqual(texts(decode(text)), ['{"a":1}', '{"b":2}'])
  })

  it.each(['{"Records":[]}', "[]", " [ ] \n", "", "[{}]"])("%j is JSON, too, and not a line", (text) => {
    assert.isFalse(texts(decode(text)).includes(text))
  })

  it.each([
    "[2023-07-10 12:00:00] started",
    "[1] first",
    "[{main}] started",
    '["a","b"]',
    "[] GET /",
    "[",
    '{"Records":"a field of a log line"}',
    '{"records":[1]}',
    '{"time":1,"Records":[1]}',
    '{"awsAccountId":"111122223333","eventName":"a"}',
    'a {"Records":[1]}'
  ])("%j is a line", (text) => {
    assert.deepStrictEqual(decode(`${text}\n${text}`), {
      records: [
        { offset: 0, text, isTruncated: false },
        { offset: text.length + 1, text, isTruncated: false }
      ]
    })
  })

  it("the field that is configured is split, whatever else the document looks like", () => {
    const document = '{"Records":[1],"Events":[2]}'
    assert.deepStrictEqual(texts(decode(document, { expandEventListFromField: "Events", multiline })), ["2"])
    assert.deepStrictEqual(texts(decode("[1,2]", { expandEventListFromField: ".[]" })), ["1", "2"])
    assert.isDefined(decode("a line", { expandEventListFromField: "Events" }).error)
  })

  it("with multiline configured, every object is lines", () => {
    assert.deepStrictEqual(texts(decode('{"Records":[\n 1]}', { multiline })), ['{"Records":[\n 1]}'])
  })

  it("a CloudTrail digest has no records, whatever is configured", () => {
    assert.deepStrictEqual(decode(digest), { records: [] })
    assert.deepStrictEqual(decode(digest, { expandEventListFromField: "Records" }), { records: [] })
    assert.deepStrictEqual(decode(digest, { multiline }), { records: [] })
  })

  it("only the head decides", () => {
    const text = `${" ".repeat(HEAD_BYTES)}{"Records":[1]}`
    const bytes = Buffer.from(text)
    const decoded = decodeAll(selectDecoder(bytes, { maxRecordBytes: 10_000 }), [bytes])
    assert.deepStrictEqual(texts(decoded), [text])
  })
})

describe("isDigestKey", () => {
  it("a digest is known by its folder", () => {
    const file =
      "us-east-2/2015/08/17/111122223333_CloudTrail-Digest_us-east-2_trail_us-east-2_20150817T150131Z.json.gz"
    assert.isTrue(isDigestKey(`AWSLogs/111122223333/CloudTrail-Digest/${file}`))
    assert.isFalse(isDigestKey(`AWSLogs/111122223333/CloudTrail/${file}`))
    assert.isFalse(isDigestKey(`AWSLogs/111122223333/CloudTrail-Digests-and-more/${file}`))
  })
})
