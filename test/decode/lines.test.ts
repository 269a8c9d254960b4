import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { lines } from "../../src/decode/lines.ts"
import { chunking, decodeAll, decodeAnyhow, seen, type SeenRecord, texts } from "../support/decoding.ts"

/** Text in which line ends, and bytes that look like the halves of one, are frequent. */
const text = fc
  .array(fc.constantFrom("a", "b", "é", "\r", "\n", "\n", "\r\n", "\u{feff}"), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join("")))

/** Of a few bytes, or more than there ever are. */
const limit = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(1000))

/** The same in three lines of plain code. */
const reference = (bytes: Buffer, maxRecordBytes: number): ReadonlyArray<SeenRecord> => {
  const all = bytes.toString("latin1")
  let offset = all.startsWith("\xef\xbb\xbf") ? 3 : 0
  return all
    .slice(offset)
    .split("\n")
    .map((part, i, { length }) => {
      const line = i < length - 1 ? part.replace(/\r$/u, "") : part
      const record = { offset, text: line.slice(0, maxRecordBytes), isTruncated: line.length > maxRecordBytes }
      offset += part.length + 1
      return record
    })
    .filter((record) => record.text !== "")
}

const decode = (text: string, maxRecordBytes = 100) => decodeAll(lines({ maxRecordBytes }), [Buffer.from(text)])

describe("lines", () => {
  it("however the object is cut, its lines are those that splitting it at once gives, with their offsets", () => {
    fc.assert(
      fc.property(text, limit, chunking, (bytes, maxRecordBytes, chunking) => {
        const decoded = decodeAnyhow(() => lines({ maxRecordBytes }), bytes, chunking)
        assert.deepStrictEqual(decoded, { records: reference(bytes, maxRecordBytes) })
      }),
      { numRuns: 1000 }
    )
  })

  it("a line ends with LF or CRLF, the last one with the object", () => {
    assert.deepStrictEqual(texts(decode("one\ntwo\r\nthree")), ["one", "two", "three"])
  })

  it("a CRLF that is cut in two is one line end", () => {
    const chunks = [Buffer.from("one\r"), Buffer.from("\ntwo")]
    assert.deepStrictEqual(texts(decodeAll(lines({ maxRecordBytes: 100 }), chunks)), ["one", "two"])
  })

  it("a CR that no LF follows is part of its line", () => {
    assert.deepStrictEqual(texts(decode("50%\r100%\r")), ["50%\r100%\r"])
  })

  it("empty lines are no records", () => {
    assert.deepStrictEqual(decode("\n\r\n\none\n\n").records, [{ offset: 4, text: "one", isTruncated: false }])
    assert.deepStrictEqual(decode("").records, [])
  })

  it("a byte order mark is skipped at the start of the object, and there only", () => {
    const mark = "\u{feff}"
    assert.deepStrictEqual(decode(`${mark}one\n${mark}two`).records, [
      { offset: 3, text: "one", isTruncated: false },
      { offset: 7, text: "\xef\xbb\xbftwo", isTruncated: false }
    ])
  })

  it("a line over the limit is cut there and marked, and the next one stands at its own offset", () => {
    assert.deepStrictEqual(decode("12345678\n1234\n", 4).records, [
      { offset: 0, text: "1234", isTruncated: true },
      { offset: 9, text: "1234", isTruncated: false }
    ])
  })

  it("a line over the limit is handed on at once, and the rest of it is not kept", () => {
    const decoder = lines({ maxRecordBytes: 4 })
    assert.strictEqual(decoder.push(Buffer.from("123456")).count, 1)
    for (let i = 0; i < 10; i++) assert.strictEqual(decoder.push(Buffer.from("7890")).count, 0)
    const batch = decoder.push(Buffer.from("x\none\n"))
    assert.deepStrictEqual(
      [seen(batch), Buffer.from(batch.bytes).toString()],
      [[{ offset: 48, text: "one", isTruncated: false }], "x\none\n"]
    )
  })

  it("lines within a chunk are views of it", () => {
    const chunk = Buffer.from("one\ntwo\n")
    assert.strictEqual(lines({ maxRecordBytes: 100 }).push(chunk).bytes.buffer, chunk.buffer)
  })
})
