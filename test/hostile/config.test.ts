/**
 * What a config file can do to whoever reads it, at the size that it may have at most: it is refused, or read, and soon.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runS3beat } from "../support/runS3beat.ts"
import { writeFileIn } from "../support/runWorld.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import { errorsOf } from "../config/configText.ts"

/** The most bytes that a config may have. */
const LARGEST = 256 * 1024

/** Milliseconds; the machine may have other work. */
const LIMIT = 10_000

/** Lines that are shown at most: the first problems, and how many there are beside. */
const SHOWN = 201

const fill = (piece: string) => piece.repeat(Math.floor(LARGEST / piece.length))

const numbered = (line: (n: number) => string) =>
  Array.from({ length: Math.floor(LARGEST / line(99_999).length) }, (_, n) => line(n)).join("")

/** Nine lists of nine times the list before: 9^10 items, if aliases were followed. */
const laughs = Array.from(
  { length: 10 },
  (_, n) => `a${n}: &a${n} [${Array.from({ length: 9 }, () => (n === 0 ? "x" : `*a${n - 1}`)).join(",")}]\n`
)

const bombs: Readonly<Record<string, string>> = {
  "a billion laughs": laughs.join(""),
  "an alias of itself": "a: &a [*a]\n<<: *a\n",
  "aliases by the thousand": `a: &a 1\n${numbered((n) => `k${n}: *a\n`)}`,
  "lists within lists": `a: ${fill("[")}`,
  "closed lists within lists": `a: ${"[".repeat(LARGEST / 2)}${"]".repeat(LARGEST / 2)}`,
  "mappings within mappings": fill("{a: "),
  "sections within sections": Array.from({ length: 700 }, (_, n) => `${" ".repeat(n)}a:\n`).join(""),
  dashes: fill("- "),
  "question marks": fill("? "),
  "keys by the thousand": `s3beat:\n${numbered((n) => `  key${n}: ${n}\n`)}`,
  "one key again and again": fill("a: 1\n"),
  "dotted keys of one section": numbered((n) => `a.k${n}: 1\n`),
  "dotted keys of many sections": numbered((n) => `k${n}${".a".repeat(400)}: 1\n`),
  "a list of nothing that belongs there": `s3beat:\n  sqsQueues:\n${fill("  - a\n")}`,
  anchors: fill("&a "),
  tags: fill("!!a "),
  documents: fill("a: 1\n---\n"),
  quotes: `a: ${fill('"')}`,
  "escapes that are none": `a: "${fill("\\z")}"`,
  directives: fill("%a\n"),
  "empty lines": fill("\n"),
  comments: fill("#\n"),
  "NUL bytes": fill("\0"),
  variables: `a: ${fill("${A}")}`,
  "variables within variables": `a: ${fill("${A:")}`,
  "variables that are not closed": `a: ${fill("${")}`,
  "the prototype": "__proto__: {a: 1}\ns3beat: {__proto__: {beatIdentifier: a}, constructor: {prototype: 1}}\n",
  "a pattern that is nested": `s3beat.multiline.pattern: '${"(".repeat(LARGEST / 2)}'`,
  "a pattern that is repeated": "s3beat.multiline.pattern: '(((a{99}){99}){99}){99}'",
  "escapes of a terminal": 's3beat: {"beatIdentifier\\e[2J\\u202e": a, "\\nsqsQueues": b}'
}

describe("hostile configs", () => {
  it.each(Object.entries(bombs))("%s: refused soon, in lines that each tell a place", (_, text) => {
    const began = performance.now()
    const lines = errorsOf(text)
    assert.isBelow(performance.now() - began, LIMIT)
    assert.isNotEmpty(lines)
    assert.isAtMost(lines.length, SHOWN)
    for (const line of lines) assert.match(line, /^s3beat\.yml(?::\d+:\d+ |: )[^\p{Cc}\p{Cf}]+$/u)
    assert.isUndefined(Reflect.get({}, "a"), "the prototype of all objects is as it was")
  })

  it.live("a file that is larger than any config is not read, and that is said in one line", () =>
    Effect.gen(function* () {
      const path = yield* writeFileIn("s3beat.yml", "#".repeat(LARGEST + 1))
      const { exitCode, stderr, stdout } = yield* runS3beat(["check", "--config-only", "-c", path])
      assert.deepStrictEqual([exitCode, stdout], [2, ""])
      assert.strictEqual(stderr, `${path}: holds 262145 bytes; a config has at most 262144\n`)
    }).pipe(Effect.provide(TemporaryDirectory.layer))
  )
})
