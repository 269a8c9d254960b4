import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stdio, Stream } from "effect"
import { TestConsole } from "effect/testing"
import * as InterviewerLines from "../../src/cli/InterviewerLines.ts"
import { interview } from "../../src/cli/interview.ts"

const role = "arn:aws:iam::111111111111:role/s3beat-reader"

const lines = (...answers: ReadonlyArray<string>): string => answers.map((answer) => `${answer}\n`).join("")

/** The interview with what a script has on its stdin, which may come in any pieces. */
const interviewed = (...stdin: ReadonlyArray<string>) => {
  const pieces = Stream.fromIterable(stdin.map((piece) => new TextEncoder().encode(piece)))
  return interview({ AWS_KEY: "hush" }).pipe(
    Effect.provide(Layer.provide(InterviewerLines.layer, Stdio.layerTest({ stdin: pieces })))
  )
}

/** The names of the questions that were asked. */
const asked = Effect.map(TestConsole.logLines, (shown) => shown.map((line) => String(line).replace(/ [([].*/u, "")))

const queues = lines("prod", "q:us-east-1", "")
const wrong: ReadonlyArray<readonly [string, string]> = [
  [lines("more-than-twelve"), 'answer 1 ("Beat identifier"): more-than-twelve has 16 characters; the maximum is 12'],
  [lines(""), 'answer 1 ("Beat identifier"): is required, for example prod'],
  [
    lines("prod", "events"),
    'answer 2 ("SQS queue and region"): events names no region; write it as in events:us-east-1'
  ],
  [`${queues}${lines("maybe")}`, 'answer 4 ("Running in AWS"): maybe is neither true nor false'],
  [
    `${queues}${lines("", "AKIA", "")}`,
    'answer 6 ("Secret access key"): needs secretAccessKey beside it; give both or neither'
  ],
  [
    `${queues}${lines("", "AKIA", "2||c2VjcmV0c2VjcmV0c2VjcmV0")}`,
    'answer 6 ("Secret access key"): is encrypted by LogRhythm\'s own tools; enter the plain key, or name a variable as in ${AWS_KEY}'
  ],
  [
    `${queues}${lines("", "${S3BEAT_NOT_SET}")}`,
    'answer 5 ("Access key ID"): the variable S3BEAT_NOT_SET is not set; set it in the environment or with s3beat keystore add S3BEAT_NOT_SET, or write ${S3BEAT_NOT_SET:default}'
  ],
  [
    `${queues}${lines("y", "y", "")}`,
    'answer 6 ("Provide the Assume Role ARN"): true needs a role in assumeRoleArn, for example arn:aws:iam::123456789012:role/s3beat-reader'
  ],
  [
    `${queues}${lines("y", "y", role, "", "13h")}`,
    'answer 8 ("STS credentials expiration time"): 13h is above the maximum of 12h'
  ],
  [`${queues}${lines("y", "n", "kafka")}`, 'answer 6 ("Where events go"): kafka is none of logstash, file, console'],
  [queues, 'there was no answer to "Running in AWS"']
]

describe("interview", () => {
  it.effect("asks what LogRhythm asks, in its order, and gives back what was answered", () =>
    Effect.gen(function* () {
      const { secretAccessKey, ...answers } = yield* interviewed(
        lines(
          "prod",
          "a:us-east-1",
          "b:eu-west-1",
          "",
          "N",
          "AKIA",
          "${AWS_KEY}",
          "Y",
          ` ${role} `,
          "",
          "2h",
          "FILE",
          "/x"
        )
      )
      assert.strictEqual(Redacted.value(secretAccessKey), "${AWS_KEY}")
      assert.deepStrictEqual(answers, {
        beatIdentifier: "prod",
        sqsQueues: ["a:us-east-1", "b:eu-west-1"],
        awsFlag: false,
        accessKeyID: "AKIA",
        assumeRoleFlag: true,
        assumeRoleArn: [role],
        stsCredsExpirationTime: "2h",
        output: { to: "file", path: "/x" }
      })
      assert.deepStrictEqual(yield* asked, [
        "Beat identifier",
        "SQS queue and region",
        "Another SQS queue and region",
        "Another SQS queue and region",
        "Running in AWS",
        "Access key ID",
        "Secret access key",
        "Assume Role",
        "Provide the Assume Role ARN",
        "Provide another Assume Role ARN",
        "STS credentials expiration time",
        "Where events go",
        "Directory of the files"
      ])
    })
  )

  it.effect("an empty answer is LogRhythm's default, and what is not needed is not asked", () =>
    Effect.gen(function* () {
      const answers = yield* interviewed(lines("b", "q:us-east-1", "", "", "", "", "console"))
      assert.strictEqual(answers.awsFlag, false)
      assert.strictEqual(answers.accessKeyID, "")
      assert.strictEqual(answers.assumeRoleFlag, false)
      assert.deepStrictEqual(answers.assumeRoleArn, [])
      assert.strictEqual(answers.stsCredsExpirationTime, "1h")
      assert.deepStrictEqual((yield* asked).slice(3), [
        "Running in AWS",
        "Access key ID",
        "Assume Role",
        "Where events go"
      ])
    })
  )

  it.effect("whole hours are written as hours", () =>
    Effect.gen(function* () {
      const answers = yield* interviewed(lines("b", "q:us-east-1", "", "y", "y", role, "", "12", "console"))
      assert.strictEqual(answers.stsCredsExpirationTime, "12h")
    })
  )

  it.effect("lines may come in any pieces, with either line end, and without a last one", () =>
    Effect.gen(function* () {
      const answers = yield* interviewed("pr", "od\r", "\nq:us-east-1\r\n\r\ny\n\ncon", "sole")
      assert.strictEqual(answers.beatIdentifier, "prod")
      assert.deepStrictEqual(answers.output, { to: "console" })
    })
  )

  it.effect("a wrong answer, or none any more, ends it with the question and the reason", () =>
    Effect.forEach(wrong, ([stdin, message]) =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(interviewed(stdin))
        assert.strictEqual(failed.message, `${message}; nothing was written`)
        assert.strictEqual(failed.exitCode, 2)
      })
    )
  )
})
