/**
 * What `s3beat init` asks, in the words and with the defaults of LogRhythm's own start-up.
 */
import { Effect, Redacted, Result } from "effect"
import type { ConfigKey } from "../config/ConfigKey.ts"
import type { Environment } from "../config/environment.ts"
import { type Answers, check, leastAnswers, type OutputAnswer } from "../config/newConfig.ts"
import { OUTPUTS } from "../config/OutputSection.ts"
import { configKeys } from "../config/S3beatConfig.ts"
import { showText } from "../config/scalar.ts"
import { isBareHours } from "../config/SessionDuration.ts"
import type { CommandFailed } from "./CommandFailed.ts"
import { Interviewer, type Question, yesOrNo } from "./Interviewer.ts"

/**
 * Asks for everything that a new config needs.
 *
 * **Guarantee** Each answer is checked, as it is given, by the reader of config files: together they give one that it takes
 * without a warning.
 */
export const interview = Effect.fnUntraced(function* (env: Environment) {
  const { ask } = yield* Interviewer
  const text = textQuestion(env)

  const beatIdentifier = yield* ask(
    text("Beat identifier", (beatIdentifier) => ({ beatIdentifier }), { hint: keyOf("s3beat.beatIdentifier").expected })
  )
  const sqsQueues = yield* askMany(
    text("SQS queue and region", (queue) => ({ sqsQueues: [queue] }), {
      hint: "queuename:region, a queue URL or a queue ARN"
    }),
    "Another SQS queue and region"
  )
  const awsFlag = yield* ask(yesOrNo("Running in AWS"))
  const keys = awsFlag ? undefined : yield* askForKeys(text)
  const assumeRoleFlag = yield* ask(yesOrNo("Assume Role"))
  const roles = assumeRoleFlag ? yield* askForRoles(text) : undefined
  const output = yield* askForOutput(text)
  return { ...leastAnswers, beatIdentifier, sqsQueues, awsFlag, ...keys, assumeRoleFlag, ...roles, output }
})

/** A question without a text yet: what it is about, and which part of the config its answer is. */
type TextQuestion = (
  name: string,
  part: (answer: string) => Partial<Answers>,
  more?: { readonly hint?: string | undefined; readonly fallback?: string | undefined; readonly isSecret?: boolean }
) => Question<string>

const textQuestion =
  (env: Environment): TextQuestion =>
  (name, part, { fallback, hint, isSecret = false } = {}) => ({
    name,
    ...(hint === undefined ? undefined : { hint }),
    ...(fallback === undefined ? undefined : { fallback }),
    isSecret,
    read: (answer) => Result.map(check({ ...leastAnswers, ...part(answer) }, env), () => answer)
  })

/** One answer, and more until an empty one. */
const askMany = Effect.fnUntraced(function* (first: Question<string>, nameOfMore: string) {
  const { ask } = yield* Interviewer
  const more: Question<string> = {
    name: nameOfMore,
    hint: "empty: no more",
    read: (answer) => (answer === "" ? Result.succeed("") : first.read(answer))
  }
  const answers = [yield* ask(first)]
  for (let next = yield* ask(more); next !== ""; next = yield* ask(more)) answers.push(next)
  return answers
})

const askForKeys = Effect.fnUntraced(function* (text: TextQuestion) {
  const { ask } = yield* Interviewer
  const accessKeyID = yield* ask(
    text(
      "Access key ID",
      // Looked at alone, with any secret beside it.
      (accessKeyID) => ({ accessKeyID, secretAccessKey: Redacted.make("-") }),
      { hint: "not shown; empty: the AWS SDK's default provider chain", isSecret: true }
    )
  )
  if (accessKeyID === "") return { accessKeyID }
  const { read, ...question } = text(
    "Secret access key",
    (secret) => ({ accessKeyID, secretAccessKey: Redacted.make(secret) }),
    { hint: "not shown", isSecret: true }
  )
  const secretAccessKey = yield* ask({ ...question, read: (answer) => Result.map(read(answer), Redacted.make) })
  return { accessKeyID, secretAccessKey }
})

const askForRoles = Effect.fnUntraced(function* (text: TextQuestion) {
  const { ask } = yield* Interviewer
  const assumeRoleArn = yield* askMany(
    text("Provide the Assume Role ARN", (arn) => ({ assumeRoleFlag: true, assumeRoleArn: [arn] })),
    "Provide another Assume Role ARN"
  )
  const { bounds, default: fallback } = keyOf("s3beat.stsCredsExpirationTime")
  const lifetime = yield* ask(
    text("STS credentials expiration time", (stsCredsExpirationTime) => ({ stsCredsExpirationTime }), {
      hint: bounds,
      fallback
    })
  )
  return { assumeRoleArn, stsCredsExpirationTime: isBareHours(lifetime) ? `${lifetime}h` : lifetime }
})

const askForOutput = Effect.fnUntraced(function* (
  text: TextQuestion
): Effect.fn.Return<OutputAnswer, CommandFailed, Interviewer> {
  const { ask } = yield* Interviewer
  const to = yield* ask<OutputAnswer["to"]>({
    name: "Where events go",
    hint: choices.join(", "),
    fallback: choices[0] ?? "console",
    read: (answer) => {
      const choice = choices.find((output) => output === answer.toLowerCase())
      return choice === undefined
        ? Result.fail(`${showText(answer)} is none of ${choices.join(", ")}`)
        : Result.succeed(choice)
    }
  })
  switch (to) {
    case "logstash": {
      const host = yield* ask(
        text("Open Collector", (host) => ({ output: { to, host } }), {
          hint: "host:port",
          fallback: "open_collector:5044"
        })
      )
      return { to, host }
    }
    case "file": {
      const path = yield* ask(
        text("Directory of the files", (path) => ({ output: { to, path } }), { fallback: "/var/lib/s3beat/events" })
      )
      return { to, path }
    }
    case "console":
      return { to }
  }
})

/** The outputs that may be asked for, LogRhythm's own first: those of them that there are. */
const choices = (["logstash", "file", "console"] as const).filter((output) => OUTPUTS.some((known) => known === output))

const keyOf = (path: string): Partial<ConfigKey> => configKeys.find((key) => key.path === path) ?? {}
