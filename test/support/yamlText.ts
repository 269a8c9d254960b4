/**
 * Texts of config files as people write them: comments, blank lines, quotes, block scalars, either line end, any indentation.
 */
import * as fc from "fast-check"

/** A file, and how the keys of s3beat are spelled in it. */
export interface YamlText {
  readonly text: string
  readonly lineEnd: "\n" | "\r\n"
  readonly spelling: "nested" | "dotted" | "braces"
}

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,7}$/u)
const phrase = fc.stringMatching(/^[a-z][a-zA-Z0-9 .é€💧_/-]{0,12}[a-z]$/u)
const comment = fc.constantFrom("#", "# a: b", "#assumeRoleFlag: true", "## ['", "#\ttab", "# é 💧 ")
const trailing = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.constantFrom("  ", " \t", " # why", "   # a: [b, {c: d}]")
)

/** What follows the colon on its line, and the lines below it, which are indented further. */
interface Value {
  readonly inline: string
  readonly below: ReadonlyArray<string>
}

const inline = (text: fc.Arbitrary<string>): fc.Arbitrary<Value> =>
  fc.tuple(text, trailing).map(([value, end]) => ({ inline: ` ${value}${end}`, below: [] }))

const singleLine = fc.oneof(
  phrase,
  phrase.map((text) => `'it''s # ${text}'`),
  phrase.map((text) => JSON.stringify(`"${text}": #\n`)),
  fc.array(word, { maxLength: 3 }).map((words) => `[${words.join(", ")}]`),
  fc.tuple(word, phrase).map(([key, text]) => `{${key}: "${text}", other: [1, {}]}`),
  fc.constantFrom("true", "'false'", "10s", "007", "null", "~")
)

const blockScalar = fc
  .tuple(
    fc.constantFrom("|", ">", "|-", ">-", "|+", ">+"),
    fc.constantFrom("", " # header"),
    phrase,
    fc.array(fc.oneof(phrase, fc.constantFrom("", "  deeper", "# no comment", "key: no key")), { maxLength: 4 })
  )
  .map(([header, end, first, rest]): Value => ({ inline: ` ${header}${end}`, below: [first, ...rest] }))

const severalLines = fc.oneof(
  fc
    .array(phrase, { minLength: 1, maxLength: 3 })
    .map((items): Value => ({ inline: "", below: items.map((item) => `- ${item}`) })),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((items): Value => ({
    inline: " # list",
    below: ["# of", ...items.map((item) => `- ${item}: 1 # x`), "-", "# end"]
  })),
  fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((keys): Value => ({
    inline: "",
    below: [...keys.map((key) => `${key}: "${key}"  # ${key}`), "", "# behind"]
  })),
  fc.tuple(phrase, phrase).map(([one, two]): Value => ({ inline: ` ${one}`, below: [two] })),
  fc.tuple(phrase, phrase).map(([one, two]): Value => ({ inline: ` "${one}`, below: ["", `${two}" # quoted`] })),
  fc.tuple(word, word).map(([one, two]): Value => ({ inline: ` [${one}, # one`, below: [`${two}`, "]"] }))
)

const value = fc.oneof({ weight: 3, arbitrary: inline(singleLine) }, inline(fc.constant("")), blockScalar, severalLines)

const before = fc.array(fc.oneof(fc.constant(""), comment), { maxLength: 2 })

/** A key with what stands before and below it, indented by `indentation`. */
const keyLines =
  (indentation: string, deeper: string) =>
  ([lead, name, { below, inline: first }]: readonly [ReadonlyArray<string>, string, Value]) =>
    [...lead, `${name}:${first}`, ...below.map((line) => (line === "" ? "" : `${deeper}${line}`))].map((line) =>
      line === "" ? "" : `${indentation}${line}`
    )

const STS_KEYS = {
  assumeRoleFlag: ["true", "'false'", ""],
  assumeRoleArn: ["[]", "''", "arn:aws:iam::123456789012:role/a"],
  stsCredsExpirationTime: ["2h", "1", "''"]
}

/** Some of the keys that a migration adds, as if they were there already; LogRhythm's slip of a space behind the name included. */
const someStsKeys = fc
  .subarray(Object.entries(STS_KEYS))
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map(([name, values]) =>
        fc.tuple(before, fc.constantFrom(name, `"${name} "`, `${name} `), inline(fc.constantFrom(...values)))
      )
    )
  )

const keys = (prefix: string) =>
  fc
    .tuple(
      fc.uniqueArray(fc.tuple(before, word, value), { selector: ([, name]) => name, minLength: 1, maxLength: 5 }),
      someStsKeys
    )
    .chain(([own, sts]) => fc.shuffledSubarray([...own, ...sts], { minLength: own.length + sts.length }))
    .map((entries) =>
      entries.map(([lead, name, held]) => {
        const spelled = name.startsWith('"') ? `"${prefix}${name.slice(1)}` : `${prefix}${name}`
        return [lead, spelled, held] as const
      })
    )

const section = fc.oneof(
  fc
    .tuple(fc.constantFrom("  ", "   ", "    "), fc.constantFrom("  ", "    "), trailing, keys(""))
    .map(([indentation, deeper, end, entries]) => ({
      spelling: "nested" as const,
      lines: [`s3beat:${end}`, ...entries.flatMap(keyLines(indentation, deeper))]
    })),
  fc.tuple(fc.constantFrom(" ", "   "), keys("s3beat.")).map(([deeper, entries]) => ({
    spelling: "dotted" as const,
    lines: entries.flatMap(keyLines("", deeper))
  })),
  fc
    .tuple(fc.uniqueArray(word, { maxLength: 4 }), singleLine, fc.constantFrom("", ",", " "), fc.boolean(), trailing)
    .map(([names, held, end, isSpread, after]) => ({
      spelling: "braces" as const,
      lines: isSpread
        ? ["s3beat: {", ...names.map((name) => `  ${name}: ${held}, # ${name}`), `  }${after}`]
        : [`s3beat: {${names.map((name) => `${name}: ${held}`).join(", ")}${names.length > 0 ? end : ""}}${after}`]
    }))
)

const other = fc
  .uniqueArray(
    fc.tuple(
      before,
      word.map((name) => `x_${name}`),
      value
    ),
    { selector: ([, name]) => name, maxLength: 3 }
  )
  .map((entries) => entries.flatMap(keyLines("", "  ")))

/** A file that is valid YAML. */
export const yamlText: fc.Arbitrary<YamlText> = fc
  .record({
    mark: fc.constantFrom("", "\uFEFF"),
    begin: fc.constantFrom([], ["# S3Beat"], ["---"], ["%YAML 1.2", "---", ""]),
    above: other,
    section,
    below: other.map((lines) => lines.map((line) => line.replace(/^x_/u, "y_"))),
    end: fc.array(fc.oneof(fc.constant(""), comment), { maxLength: 2 }),
    lineEnd: fc.constantFrom("\n", "\r\n"),
    final: fc.boolean()
  })
  .map(({ above, begin, below, end, final, lineEnd, mark, section: { lines, spelling } }) => ({
    text: `${mark}${[...begin, ...above, ...lines, ...below, ...end].join(lineEnd)}${final ? lineEnd : ""}`,
    lineEnd,
    spelling
  }))
