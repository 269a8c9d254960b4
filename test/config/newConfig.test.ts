import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import * as fc from "fast-check"
import { parse as readYaml } from "yaml"
import { expand } from "../../src/config/environment.ts"
import { type Answers, check, leastAnswers, newConfig } from "../../src/config/newConfig.ts"
import { parse, warningsOf } from "./configText.ts"

const env = { HOME: "/home/x", EMPTY: "" }

const wordsOfYaml = (
  String.raw`null|~|true|1|0x1f|1e3|- a|a: b|a #b|# a|'|"|\|\x|>+|&a|*a|!!str|%YAML|---|...|{|[|?|@|` +
  "`|\n|a\r\nb|\t| a |\u0000|\u007f|\u0085|\u2028|\uFEFF|\u{1F4A7}|${HOME}|${NOT_SET}|${NOT_SET:x}|$${HOME}|${|a${HOME}b"
).split("|")

/** Texts that YAML, or our own reading of variables, might take for something else. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.constantFrom(...wordsOfYaml),
  fc.tuple(fc.constantFrom("'", '"', ": ", " #", "\n- ", "${HOME}", "$${"), fc.string()).map((parts) => parts.join(""))
)

/** What the file must come to. */
const meant = (text: string): string => Result.getOrThrow(expand(text, env)).text

const isRefused = (text: string): boolean =>
  Result.match(expand(text, env), { onFailure: () => true, onSuccess: ({ text }) => text === "" })

const filled: Answers = {
  ...leastAnswers,
  sqsQueues: ["a:us-east-1", "https://sqs.eu-west-1.amazonaws.com/123456789012/b"],
  assumeRoleFlag: true,
  assumeRoleArn: ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/path/b"],
  stsCredsExpirationTime: "90m"
}

const outputOf = (output: Answers["output"]) => readYaml(newConfig({ ...filled, output })).output

describe("newConfig", () => {
  it("any text survives: what is accepted is read back as it was answered, without a warning", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (accessKeyID, secret, path) => {
        const answers: Answers = {
          ...filled,
          accessKeyID,
          secretAccessKey: Redacted.make(secret),
          output: { to: "file", path }
        }
        if (Result.isFailure(check(answers, env))) {
          assert.isTrue([accessKeyID, secret, path].some(isRefused))
          return
        }
        const { config, warnings } = Result.getOrThrow(parse(newConfig(answers), env, 0o600))
        assert.strictEqual(config.accessKeyID && Redacted.value(config.accessKeyID), meant(accessKeyID))
        assert.strictEqual(config.secretAccessKey && Redacted.value(config.secretAccessKey), meant(secret))
        assert.strictEqual(config.output._tag === "File" ? config.output.path : "", meant(path))
        assert.deepStrictEqual(
          config.assumeRoleArn.map(({ arn }) => arn),
          filled.assumeRoleArn
        )
        assert.deepStrictEqual(warnings, [])
      }),
      { numRuns: 300 }
    )
  })

  it("answers that say the least are right", () => {
    assert.deepStrictEqual(check(leastAnswers, {}), Result.succeed(leastAnswers))
    assert.deepStrictEqual(warningsOf(newConfig(leastAnswers), {}, 0o600), [])
  })

  it("each output has the key that says where events go", () => {
    assert.deepStrictEqual(outputOf({ to: "logstash", host: "open_collector:5044" }), {
      logstash: { hosts: ["open_collector:5044"] }
    })
    assert.deepStrictEqual(outputOf({ to: "file", path: "/x" }), { file: { path: "/x" } })
    assert.deepStrictEqual(outputOf({ to: "console" }), { console: { enabled: true } })
  })

  it("every key stands under what the Schema says of it, in lines of at most 120 characters", () => {
    const lines = newConfig({ ...filled, accessKeyID: "a", secretAccessKey: Redacted.make("b") }).split("\n")
    for (const [at, line] of lines.entries()) {
      assert.isAtMost(line.length, 120)
      if (/^\s*\w+:/u.test(line)) assert.match(lines[at - 1] ?? "", /^\s*# .*\.$/u, line)
    }
  })

  it("a problem is told by its reason alone, and never shows a secret", () => {
    assert.deepStrictEqual(
      check({ ...filled, stsCredsExpirationTime: "13h" }, {}),
      Result.fail("13h is above the maximum of 12h")
    )
    const secretAccessKey = Redacted.make("2||c2VjcmV0c2VjcmV0c2VjcmV0")
    assert.deepStrictEqual(
      check({ ...filled, accessKeyID: "a", secretAccessKey }, {}),
      Result.fail("is encrypted by LogRhythm's own tools; enter the plain key, or name a variable as in ${AWS_KEY}")
    )
  })
})
