/**
 * The text of a new `s3beat.yml`, from what its user answered.
 */
import { Redacted, Result } from "effect"
import * as ConfigFile from "./ConfigFile.ts"
import type { Environment } from "./environment.ts"
import { configKeys } from "./S3beatConfig.ts"

/**
 * What there is to say in a new config.
 *
 * **Shape** Texts are as in the file: `${VAR}` names a variable. An empty one is a key that is not set.
 */
export interface Answers {
  readonly beatIdentifier: string
  readonly sqsQueues: ReadonlyArray<string>
  readonly awsFlag: boolean
  readonly accessKeyID: string
  readonly secretAccessKey: Redacted.Redacted
  readonly assumeRoleFlag: boolean
  readonly assumeRoleArn: ReadonlyArray<string>
  readonly stsCredsExpirationTime: string
  readonly output: OutputAnswer
}

/** Where events go. */
export type OutputAnswer =
  | { readonly to: "logstash"; readonly host: string }
  | { readonly to: "file"; readonly path: string }
  | { readonly to: "console" }

/** Answers that say as little as a config may. */
export const leastAnswers: Answers = {
  beatIdentifier: "prod",
  sqsQueues: ["cloudtrail-events:us-east-1"],
  awsFlag: false,
  accessKeyID: "",
  secretAccessKey: Redacted.make(""),
  assumeRoleFlag: false,
  assumeRoleArn: [],
  stsCredsExpirationTime: "1h",
  output: { to: "console" }
}

/**
 * Whether the answers are right: whether the file that they give is, to the one reader of config files.
 *
 * **Errors** What is wrong, as the reader tells it; never the value of a secret.
 */
export const check = (answers: Answers, env: Environment): Result.Result<Answers, string> =>
  Result.match(ConfigFile.parse(newConfig(answers), { path: "s3beat.yml", env }), {
    onSuccess: () => Result.succeed(answers),
    onFailure: ({ problems }) => Result.fail(problems.map(({ message }) => message).join("; "))
  })

/** The file: every key that was asked for, with what the Schema says of it. */
export const newConfig = (answers: Answers): string => {
  const { output } = answers
  const hasKeys = answers.accessKeyID !== ""
  return [
    "# Written by s3beat init. s3beat.yml.example shows every key there is; s3beat check tells what is wrong in this file.",
    "",
    ...key("s3beat"),
    ...key("s3beat.beatIdentifier", quoted(answers.beatIdentifier)),
    "",
    ...key("s3beat.sqsQueues", listed(answers.sqsQueues)),
    "",
    ...key("s3beat.awsFlag", String(answers.awsFlag)),
    "",
    ...(hasKeys
      ? [
          ...key("s3beat.accessKeyID", quoted(answers.accessKeyID)),
          "",
          ...key("s3beat.secretAccessKey", quoted(Redacted.value(answers.secretAccessKey))),
          ""
        ]
      : []),
    ...key("s3beat.assumeRoleFlag", String(answers.assumeRoleFlag)),
    "",
    ...key("s3beat.assumeRoleArn", listed(answers.assumeRoleArn)),
    "",
    ...key("s3beat.stsCredsExpirationTime", quoted(answers.stsCredsExpirationTime)),
    "",
    ...key("output"),
    ...key(`output.${output.to}`),
    ...outputKey(output),
    ""
  ].join("\n")
}

const outputKey = (output: OutputAnswer): ReadonlyArray<string> => {
  switch (output.to) {
    case "logstash":
      return key("output.logstash.hosts", listed([output.host], 3))
    case "file":
      return key("output.file.path", quoted(output.path))
    case "console":
      return key("output.console.enabled", "true")
  }
}

/** A key on its line, or the beginning of a section, under what there is to say of it. */
const key = (path: string, value?: string): ReadonlyArray<string> => {
  const { bounds, description = "" } = configKeys.find((known) => known.path === path) ?? {}
  const steps = path.split(".")
  const indentation = "  ".repeat(steps.length - 1)
  const comment = bounds === undefined ? description : `${description} From ${bounds}.`
  return [
    ...wrapped(comment, COLUMNS - indentation.length).map((line) => `${indentation}# ${line}`),
    `${indentation}${steps.at(-1)}:${value === undefined ? "" : ` ${value}`}`.replace(/ (?=\n)/, "")
  ]
}

/** How long a line of comment may become. */
const COLUMNS = 120

const wrapped = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ").filter((word) => word !== "")) {
    if (line !== "" && line.length + word.length + 3 > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === "" ? word : `${line} ${word}`
    }
  }
  return line === "" ? lines : [...lines, line]
}

/** A text in quotes, so that it stays what it is whatever is in it: every JSON text is one of YAML too. */
const quoted = (text: string): string => JSON.stringify(text)

const listed = (texts: ReadonlyArray<string>, depth = 2): string =>
  texts.length === 0 ? "[]" : texts.map((text) => `\n${"  ".repeat(depth)}- ${quoted(text)}`).join("")
