import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type MultilineOptions, multiline } from "../../src/decode/multiline.ts"
import { chunking, decodeAll, decodeAnyhow, seen, type SeenRecord, texts } from "../support/decoding.ts"

type Options = MultilineOptions & { readonly maxRecordBytes: number }

const text = fc
  .array(fc.constantFrom("a", "a", "b", " ", "é", "\n", "\n", "\n a", "\na", "\r\n"), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join("")))

const options: fc.Arbitrary<Options> = fc.record({
  pattern: fc.constantFrom(/^ /u, /^a/u, /b$/u, /^$/u, /é/u),
  negate: fc.boolean(),
  match: fc.constantFrom("after", "before"),
  maxLines: fc.integer({ min: 1, max: 4 }),
  maxRecordBytes: fc.oneof(fc.integer({ min: 2, max: 12 }), fc.constant(1000))
})

interface Line {
  readonly offset: number
  readonly text: string
}

const linesOf = (all: string): ReadonlyArray<Line> => {
  let offset = 0
  const lines = all.split("\n").map((part, i, { length }) => {
    const line = { offset, text: i < length - 1 ? part.replace(/\r$/u, "") : part }
    offset += part.length + 1
    return line
  })
  return lines.at(-1)?.text === "" ? lines.slice(0, -1) : lines
}

/** The table of Beats' documentation, in plain code: groups first, limits after. */
const reference = (bytes: Buffer, options: Options): ReadonlyArray<SeenRecord> => {
  const { match, maxLines, maxRecordBytes, negate } = options
  const all = bytes.toString("latin1")
  const groups: Array<Array<Line>> = []
  let belongsToPrevious = false
  for (const line of linesOf(all)) {
    const text = Buffer.from(line.text.slice(0, maxRecordBytes), "latin1").toString()
    const isLinked = options.pattern.test(text) !== negate
    const last = groups.at(-1)
    if ((match === "after" ? isLinked : belongsToPrevious) && last !== undefined) last.push(line)
    else groups.push([line])
    belongsToPrevious = isLinked
  }
  return groups.flatMap((group) => {
    const lines = group.slice(group.findIndex((line) => line.text !== ""))
    const first = lines[0]
    const last = lines.slice(0, maxLines).at(-1)
    if (first === undefined || last === undefined || group.every((line) => line.text === "")) return []
    const whole = all.slice(first.offset, last.offset + last.text.length)
    const text = whole.slice(0, maxRecordBytes)
    return [{ offset: first.offset, text, isTruncated: text !== whole || lines.length > maxLines }]
  })
}

const decode = (text: string, options: Partial<Options>) =>
  decodeAll(
    multiline({ pattern: /^b/u, negate: false, match: "after", maxLines: 500, maxRecordBytes: 1000, ...options }),
    [Buffer.from(text)]
  )

describe("multiline", () => {
  it("however the object is cut, its lines are joined as Beats joins them", () => {
    fc.assert(
      fc.property(text, options, chunking, (bytes, options, chunking) => {
        const decoded = decodeAnyhow(() => multiline(options), bytes, chunking)
        assert.deepStrictEqual(decoded, { records: reference(bytes, options) })
      }),
      { numRuns: 2000 }
    )
  })

  // The examples of Beats' documentation, where `b` is the pattern.
  it("negate false, match after: lines that match are appended to the last one that does not", () => {
    assert.deepStrictEqual(texts(decode("a\nb\nb\nc\nb\nb\n", {})), ["a\nb\nb", "c\nb\nb"])
  })

  it("negate false, match before: lines that match are prepended to the next one that does not", () => {
    assert.deepStrictEqual(texts(decode("b\nb\na\nb\nb\nc\n", { match: "before" })), ["b\nb\na", "b\nb\nc"])
  })

  it("negate true, match after: lines that do not match are appended to the last one that does", () => {
    assert.deepStrictEqual(texts(decode("b\na\nc\nb\nd\ne\n", { negate: true })), ["b\na\nc", "b\nd\ne"])
  })

  it("negate true, match before: lines that do not match are prepended to the next one that does", () => {
    const options = { negate: true, match: "before" } as const
    assert.deepStrictEqual(texts(decode("a\nc\nb\nd\ne\nb\n", options)), ["a\nc\nb", "d\ne\nb"])
  })

  it("a stack trace is one record, its line ends and blank lines as they stood", () => {
    const trace = "java.lang.Error: no\r\n    at A.a(A.java:1)\r\n\r\n    at B.b(B.java:2)"
    const decoded = decode(`${trace}\r\nnext\r\n`, { pattern: /^\s|^$/u })
    assert.deepStrictEqual(decoded.records, [
      { offset: 0, text: trace, isTruncated: false },
      { offset: trace.length + 2, text: "next", isTruncated: false }
    ])
  })

  it("lines beyond maxLines are dropped, and the record is marked", () => {
    assert.deepStrictEqual(decode("a\nb1\nb2\nb3\nc\n", { maxLines: 2 }).records, [
      { offset: 0, text: "a\nb1", isTruncated: true },
      { offset: 11, text: "c", isTruncated: false }
    ])
  })

  it("a record over the limit is handed on at once, and its further lines are not kept", () => {
    const decoder = multiline({ pattern: /^b/u, negate: false, match: "after", maxLines: 9, maxRecordBytes: 4 })
    assert.strictEqual(decoder.push(Buffer.from("a\nb12345\n")).count, 1)
    for (let i = 0; i < 10; i++) assert.strictEqual(decoder.push(Buffer.from("b\nb\nb\n")).count, 0)
    const batch = decoder.push(Buffer.from("b\nc\nd\n"))
    assert.deepStrictEqual(
      [seen(batch), Buffer.from(batch.bytes).toString()],
      [[{ offset: 71, text: "c", isTruncated: false }], "b\nc\n"]
    )
  })
})
