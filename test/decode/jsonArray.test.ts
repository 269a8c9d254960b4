import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { jsonArray } from "../../src/decode/jsonArray.ts"
import { chunking, decodeAll, decodeAnyhow, texts } from "../support/decoding.ts"

const unlimited = 1_000_000

/** As a document may spell it: with any white space, and with some characters as escapes. */
const spelling = fc.record({
  indent: fc.constantFrom("", " ", "\t", "\r\n"),
  isEscaped: fc.boolean()
})

interface Spelling {
  readonly indent: string
  readonly isEscaped: boolean
}

const spell = (value: unknown, { indent, isEscaped }: Spelling): string => {
  const json = JSON.stringify(value, undefined, indent)
  return isEscaped
    ? json.replaceAll(/(?<!\\|\\u[0-9a-f]{0,3})[RS\u0080-\uffff]/gu, (c) =>
        Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")
      )
    : json
}

const elements = fc.array(fc.jsonValue({ depthSize: "medium" }), { maxLength: 6 })

/** Fields before and behind the array, some of them with arrays of the same name within. */
const others = fc.dictionary(
  fc.string({ unit: "grapheme" }).filter((key) => key !== "Records" && key !== "__proto__"),
  fc.oneof(fc.jsonValue(), fc.constant({ Records: [1] })),
  { maxKeys: 3 }
)

const parsed = (decoded: { readonly records: ReadonlyArray<{ readonly text: string }> }): ReadonlyArray<unknown> =>
  decoded.records.map(({ text }) => JSON.parse(Buffer.from(text, "latin1").toString()))

const decode = (text: string, options: { readonly field?: string; readonly maxRecordBytes?: number } = {}) =>
  decodeAll(jsonArray({ maxRecordBytes: unlimited, ...options }), [Buffer.from(text)])

const records = (text: string) => decode(text, { field: "Records" })

describe("jsonArray", () => {
  it("however the object is cut, the elements of the field are those that JSON.parse sees", () => {
    const document = fc.tuple(elements, others, others, spelling)
    fc.assert(
      fc.property(
        fc.array(document, { maxLength: 3 }),
        fc.constantFrom("", "\n", " \t\r\n"),
        chunking,
        (all, gap, how) => {
          const text = all.map(([Records, before, after, spelling]) =>
            spell({ ...before, Records, ...after }, spelling)
          )
          const decoded = decodeAnyhow(
            () => jsonArray({ field: "Records", maxRecordBytes: unlimited }),
            Buffer.from(text.join(gap)),
            how
          )
          assert.isUndefined(decoded.error)
          assert.deepStrictEqual(
            parsed(decoded),
            text.flatMap((document): ReadonlyArray<unknown> => JSON.parse(document).Records)
          )
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("however the object is cut, the elements of a top-level array are those that JSON.parse sees", () => {
    fc.assert(
      fc.property(elements, spelling, chunking, (value, spelling, chunking) => {
        const text = spell(value, spelling)
        const decoded = decodeAnyhow(() => jsonArray({ maxRecordBytes: unlimited }), Buffer.from(text), chunking)
        assert.isUndefined(decoded.error)
        assert.deepStrictEqual(parsed(decoded), JSON.parse(text))
      }),
      { numRuns: 1000 }
    )
  })

  it("each record stands at its offset, byte for byte, and is cut at the limit and marked", () => {
    fc.assert(
      fc.property(elements, spelling, fc.integer({ min: 1, max: 20 }), chunking, (value, spelling, max, chunking) => {
        const bytes = Buffer.from(spell({ a: 1, Records: value }, spelling))
        const { records: whole } = decodeAll(jsonArray({ field: "Records", maxRecordBytes: unlimited }), [bytes])
        const decoder = () => jsonArray({ field: "Records", maxRecordBytes: max })
        const decoded = decodeAnyhow(decoder, bytes, chunking)
        assert.deepStrictEqual(
          decoded.records,
          whole.map(({ offset, text }) => ({ offset, text: text.slice(0, max), isTruncated: text.length > max }))
        )
        const all = bytes.toString("latin1")
        for (const { offset, text } of whole) assert.strictEqual(all.slice(offset, offset + text.length), text)
      })
    )
  })

  it("however a broken object is cut, the records before the fault are handed on, and then the same error", () => {
    const document = fc.tuple(fc.record({ before: others, Records: elements, after: others }), spelling)
    const fault = fc.record({
      place: fc.nat(),
      removed: fc.nat(2),
      inserted: fc.constantFrom(...Array.from('"\\{}[],:xn\n\u{feff}'))
    })
    const faults = fc.array(fault, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(document, faults, fc.nat(9), chunking, ([document, spelling], faults, max, chunking) => {
        const broken = faults.reduce(
          (text, { inserted, place, removed }) => {
            const at = place % (text.length + 1)
            return text.slice(0, at) + inserted + text.slice(at + removed)
          },
          spell(document, spelling)
        )
        decodeAnyhow(() => jsonArray({ field: "Records", maxRecordBytes: max + 1 }), Buffer.from(broken), chunking)
      }),
      { numRuns: 2000 }
    )
  })

  it("elements may be of any type, and stand as they are written", () => {
    const decoded = decode('[ 1.50e+2 ,"a\\"]b",null,{ "a" : [ ] },[[]],true]')
    assert.deepStrictEqual(texts(decoded), ["1.50e+2", '"a\\"]b"', "null", '{ "a" : [ ] }', "[[]]", "true"])
  })

  it("a field may be spelt with escapes", () => {
    assert.deepStrictEqual(texts(records('{"\\u0052ecords":[1]}')), ["1"])
  })

  it("only the field of the document itself counts, not one of the same name further in", () => {
    assert.deepStrictEqual(texts(records('{"a":{"Records":[1]},"b":["Records",[2]],"Records":[3]}')), ["3"])
  })

  it("several documents in one object are all split", () => {
    assert.deepStrictEqual(texts(records('{"Records":[1]}{"Records":[2]}\n{"Records":[3]}\n')), ["1", "2", "3"])
  })

  it("no array where null is, no elements in an empty one, and no document in an empty object: no records", () => {
    for (const text of ['{"Records":null}', '{"Records":[]}', "", " \n"]) {
      assert.deepStrictEqual(records(text), { records: [] })
    }
  })

  it("a byte order mark before the document is skipped", () => {
    assert.deepStrictEqual(records('\u{feff}{"Records":[1]}').records, [{ offset: 15, text: "1", isTruncated: false }])
  })

  it.each([
    ['{"other":[1]}', 'the JSON document at byte 0 has no field "Records"'],
    ['{"Records":[]}\n{}', 'the JSON document at byte 15 has no field "Records"'],
    ['{"Records":{}}', 'broken JSON at byte 11: expected an array or null in "Records", found "{"'],
    ["plain text", 'broken JSON at byte 0: expected a JSON object, found "p"'],
    ['[{"Records":[]}]', 'broken JSON at byte 0: expected a JSON object, found "["'],
    ['{"Records":[1,2', "broken JSON at byte 15: expected the rest of a value, found the end"],
    ['{"Records":[1', "broken JSON at byte 13: expected the rest of a value, found the end"],
    ['{"Records":[{"a":"b', "broken JSON at byte 19: expected the rest of a value, found the end"],
    ['{"Records":[1]', 'broken JSON at byte 14: expected "," or "}", found the end'],
    ['{"Records":[1,]}', 'broken JSON at byte 14: expected a value, found "]"'],
    ['{"Records":[1 2]}', 'broken JSON at byte 14: expected "," or "]", found "2"'],
    ['{"Records":[{"a":[1}]}', 'broken JSON at byte 19: expected the rest of a value, found "}"'],
    ['{"Records":[]}}', 'broken JSON at byte 14: expected a JSON object, found "}"'],
    ["{Records:[]}", 'broken JSON at byte 1: expected a key, found "R"'],
    ['{"Records"[]}', 'broken JSON at byte 10: expected ":", found "["'],
    ['{"a":}', 'broken JSON at byte 5: expected a value, found "}"'],
    ["\u0000", "broken JSON at byte 0: expected a JSON object, found byte 0x00"]
  ])("%j is told what is wrong with it, and where", (text, error) => {
    assert.strictEqual(records(text).error, error)
  })

  it("records before the fault are handed on", () => {
    const decoded = records('{"Records":[{"a":1},{"b":2}}')
    assert.deepStrictEqual(texts(decoded), ['{"a":1}', '{"b":2}'])
    assert.isDefined(decoded.error)
  })

  it("an element may be nested as deep as it likes", () => {
    const depth = 100_000
    const deep = "[".repeat(depth) + "]".repeat(depth)
    assert.deepStrictEqual(texts(decode(`[${deep},1]`)), [deep, "1"])
  })

  it("an element over the limit is handed on at once, and neither it nor what is passed over is kept", () => {
    const decoder = jsonArray({ field: "Records", maxRecordBytes: 4 })
    const push = (text: string) => decoder.push(Buffer.from(text))
    push('{"')
    for (let i = 0; i < 10; i++) assert.strictEqual(push("a key that is too long to be ours").count, 0)
    const first = '":"another value","Records":["123456'
    assert.strictEqual(push(first).bytes.length, first.length)
    for (let i = 0; i < 10; i++) assert.strictEqual(push("7890").count, 0)
    assert.strictEqual(push('",1]').bytes.length, 4)
    assert.strictEqual(push("}").count + decoder.end().count, 0)
  })

  it("a key that is too long is not taken for the field, whatever it ends with", () => {
    const chunks = [`{"${"a".repeat(100)}\\`, '"Records"', ':[1],"Records":[2]}'].map((text) => Buffer.from(text))
    assert.deepStrictEqual(texts(decodeAll(jsonArray({ field: "Records", maxRecordBytes: unlimited }), chunks)), ["2"])
  })
})
