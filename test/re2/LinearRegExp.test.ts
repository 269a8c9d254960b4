import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { LinearRegExp } from "../../src/re2/LinearRegExp.ts"

const compiled = (pattern: string) => Result.getOrThrow(LinearRegExp.compile(pattern))

const problemOf = (pattern: string) =>
  Result.match(LinearRegExp.compile(pattern), { onFailure: (problem) => problem, onSuccess: () => "" })

/** A pattern in Go's syntax, and the same in JavaScript's. */
interface Spelled {
  readonly go: string
  readonly js: string
}

const same = (source: string): Spelled => ({ go: source, js: source })

const atom: fc.Arbitrary<Spelled> = fc.oneof(
  fc
    .constantFrom(
      "a",
      "b",
      "B",
      "é",
      "_",
      " ",
      "\\.",
      "\\n",
      "\\d",
      "\\W",
      "\\D",
      "[ab]",
      "[^a]",
      "[a-cX]",
      "[^\\d]",
      "[é-ü]"
    )
    .map(same),
  fc.constantFrom<Spelled>(
    { go: "[[:alpha:]_]", js: "[A-Za-z_]" },
    { go: "[[:^digit:]]", js: "[^0-9]" },
    { go: "[]a]", js: "[\\]a]" },
    { go: "\\s", js: "[\\t\\n\\f\\r ]" },
    { go: ".", js: "[^\\n]" },
    { go: "\\pL", js: "\\p{L}" },
    { go: "\\p{^Greek}", js: "\\P{Script=Greek}" },
    { go: "\\x{1F600}", js: "\\u{1F600}" },
    { go: "\\Qa.\\E", js: "a\\." },
    { go: "{,2}", js: "\\{,2\\}" },
    { go: "]", js: "\\]" }
  ),
  fc.constantFrom<Spelled>(
    same("^"),
    same("$"),
    same("\\b"),
    same("\\B"),
    { go: "\\A", js: "^" },
    { go: "\\z", js: "$" },
    { go: "(?m:^)", js: "(?<=^|\\n)" },
    { go: "(?m:$)", js: "(?=$|\\n)" }
  )
)

const { pattern } = fc.letrec<{ pattern: Spelled; sequence: Spelled; repeated: Spelled; unit: Spelled }>((tie) => ({
  pattern: fc
    .array(tie("sequence"), { minLength: 1, maxLength: 3 })
    .map((parts) => ({ go: parts.map(({ go }) => go).join("|"), js: parts.map(({ js }) => js).join("|") })),
  sequence: fc
    .array(tie("repeated"), { maxLength: 4 })
    .map((parts) => ({ go: parts.map(({ go }) => go).join(""), js: parts.map(({ js }) => js).join("") })),
  repeated: fc.oneof(
    { weight: 3, arbitrary: tie("unit") },
    fc
      .tuple(tie("unit"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "??", "{0}"))
      .map(([{ go, js }, count]) => ({ go: `(?:${go})${count}`, js: `(?:${js})${count}` }))
  ),
  unit: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    atom,
    tie("pattern").map(({ go, js }) => ({ go: `(${go})`, js: `(?:${js})` })),
    tie("pattern").map(({ go, js }) => ({ go: `(?P<name>${go})`, js: `(?:${js})` }))
  )
}))

const letter = fc.constantFrom("a", "B", "É", "ü", "Ω", "ſ", "K", "[a-c]?", "[^b]", "[é-ö]*", "\\p{Lu}+", "(?:a|É)")

const text = fc.string({
  unit: fc.constantFrom(
    "a",
    "a",
    "b",
    "B",
    "é",
    "ü",
    "Ω",
    "_",
    " ",
    ".",
    "\n",
    "1",
    "]",
    "{",
    ",",
    "2",
    "}",
    "😀",
    "\ud800"
  ),
  // Longer ones can keep JavaScript's own busy for hours.
  maxLength: 6
})

describe("LinearRegExp", () => {
  it("agrees with JavaScript's own wherever the two mean the same", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), ({ go, js }, texts) => {
        const linear = compiled(go)
        const own = new RegExp(js, "u")
        for (const text of texts) {
          // Within a pair of surrogates V8 sees a place that is no boundary, where there is no place at all.
          if (go.includes("\\B") && text.includes("😀")) continue
          assert.strictEqual(linear.test(text), own.test(text), `${go} on ${JSON.stringify(text)}`)
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("agrees with it about upper and lower case", () => {
    fc.assert(
      fc.property(fc.array(letter, { minLength: 1, maxLength: 4 }), text, (letters, text) => {
        const source = letters.join("")
        assert.strictEqual(compiled(`(?i)${source}`).test(text), new RegExp(source, "iu").test(text), source)
      }),
      { numRuns: 1000 }
    )
    for (const [pattern, text] of [
      ["(?i)straße", "STRAßE"],
      ["(?i)[a-z]+é", "ABCÉ"],
      ["(?i)[^a]", "b"],
      ["a(?i)b", "aB"],
      ["(?i:a)b", "Ab"]
    ] as const) {
      assert.isTrue(compiled(pattern).test(text), pattern)
    }
    for (const [pattern, text] of [
      ["(?i)[^a]", "A"],
      ["a(?i)b", "AB"],
      ["(?i:a)b", "AB"],
      ["(?i)a(?-i)b", "AB"]
    ] as const) {
      assert.isFalse(compiled(pattern).test(text), pattern)
    }
  })

  it("flags hold to the end of their group", () => {
    assert.isTrue(compiled("(?s)a.b").test("a\nb"))
    assert.isFalse(compiled("a.b").test("a\nb"))
    assert.isTrue(compiled("(?m)^b$").test("a\nb\nc"))
    assert.isFalse(compiled("^b$").test("a\nb\nc"))
    assert.isTrue(compiled("((?i)a|b)c").test("Bc"))
    assert.isFalse(compiled("((?i)a|b)c").test("bC"))
    assert.isTrue(compiled("(?sU)a.*b").test("a\nb"))
  })

  it("what is no pattern is refused, each with its reason", () => {
    for (const [pattern, problem] of [
      ["(", "a group is not closed"],
      ["a)", "a ) closes no group"],
      ["[a", "a [ is not closed"],
      ["[]", "a [ is not closed"],
      ["*a", "there is nothing for * to repeat"],
      ["a**", "there is nothing for * to repeat"],
      ["a|{2}", "there is nothing for {2} to repeat"],
      ["(?i)+", "there is nothing for + to repeat"],
      ["a{1001}", "{1001} repeats more than 1000 times"],
      ["a{3,2}", "{3,2} ends before it begins"],
      ["[b-a]", "a range in brackets ends before it begins"],
      ["[[:odd:]]", "the class [:odd:] is not known"],
      ["\\p{Klingon}", "\\p{Klingon} is no category or script of Unicode"],
      ["(a)\\1", "\\1 refers to a group, which RE2 cannot"],
      ["\\Z", "\\Z is no escape of RE2's"],
      ["a\\", "\\ is no escape of RE2's"],
      ["\\x{110000}", "\\x{110000} is no character"],
      ["(?=a)", "RE2 cannot look ahead or behind, as (?=, (?!, (?<= and (?<! would"],
      ["(?<!a)b", "RE2 cannot look ahead or behind, as (?=, (?!, (?<= and (?<! would"],
      ["(?x)a", "a (? begins neither a group nor flags"]
    ] as const) {
      assert.strictEqual(problemOf(pattern), problem, pattern)
    }
  })

  it("patterns that would be huge are refused at once", () => {
    const huge = "repeats more than any pattern may; write {n} with smaller numbers"
    assert.strictEqual(problemOf("(((a{99}){99}){99}){99}"), huge)
    assert.strictEqual(problemOf("(((){1000}){1000}){1000}"), huge)
    assert.strictEqual(problemOf("((a{0,1000}){0,1000}){0,1000}"), huge)
    assert.strictEqual(problemOf("a".repeat(100_000)), huge)
    assert.strictEqual(problemOf("(".repeat(100_000)), "groups are nested more than 1000 deep")
  })

  it("any text is a pattern or is refused, and a pattern answers for any text", () => {
    const unit = fc.constantFrom(..."()[]{}|*+?^$\\.-,:ab01PpQEx<>ims\n\ud800é")
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), fc.string({ unit: "binary" }), (pattern, text) => {
        const result = LinearRegExp.compile(pattern)
        if (Result.isFailure(result)) assert.notStrictEqual(result.failure, "it cannot be read")
        else assert.isBoolean(result.success.test(text))
      }),
      { numRuns: 2000 }
    )
  })

  it("patterns that keep JavaScript's own busy for years answer at once, on lines of a million letters", () => {
    const line = `${"a".repeat(1_000_000)}!`
    for (const pattern of [
      "(a+)+$",
      "(a|aa)+$",
      "(a|a?)+b$",
      "(.*a){20}$",
      "^(([a-z])+.)+[A-Z]$",
      "a*a*a*a*b",
      "(a*)*b"
    ]) {
      assert.isFalse(compiled(pattern).test(line), pattern)
    }
    assert.isTrue(compiled("(.*)*!$").test(line))
  })

  it("of a text that could cost more than some seconds the beginning is looked at, and only of such a text", () => {
    const many = compiled("a{900}b")
    assert.isTrue(many.test(`${" ".repeat(10_000)}${"a".repeat(900)}b`))
    assert.isFalse(many.test(`${" ".repeat(100_000)}${"a".repeat(900)}b`))
    assert.isTrue(compiled("\\\\$").test(`${" ".repeat(10 * 1024 * 1024)}\\`))
  })

  it("more states than are remembered, and more characters, make no difference to the answer", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 4000, maxLength: 5000 }), (text) => {
        assert.strictEqual(compiled("a[ab]{14}aa[ab]{3}b$").test(text), /a[ab]{14}aa[ab]{3}b$/.test(text))
      }),
      { numRuns: 20 }
    )
    const everyCharacter = compiled("^[^\\x{10FFFF}]*$")
    let all = ""
    for (let codePoint = 0; codePoint < 0x10ffff; codePoint++) all += String.fromCodePoint(codePoint)
    assert.isTrue(everyCharacter.test(all))
  })
})
