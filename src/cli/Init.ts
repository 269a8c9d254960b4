/**
 * `s3beat init`: a new config, from the answers to a few questions.
 */
import { dirname } from "node:path"
import { Console, Effect, FileSystem, Layer, Option, Redacted, Stdio } from "effect"
import { Command, Flag, type Prompt } from "effect/cli"
import * as ConfigFile from "../config/ConfigFile.ts"
import type { Environment } from "../config/environment.ts"
import { newConfig } from "../config/newConfig.ts"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import * as KeystoreFile from "../keystore/KeystoreFile.ts"
import * as Policies from "../policy/Policies.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import { interview } from "./interview.ts"
import { Interviewer, yesOrNo } from "./Interviewer.ts"
import * as InterviewerLines from "./InterviewerLines.ts"
import * as InterviewerPrompt from "./InterviewerPrompt.ts"
import { pathOf } from "./keystoreOf.ts"
import { configFailed } from "./loadConfig.ts"
import { placeFile } from "./placeFile.ts"
import { policyOptions } from "./Policy.ts"
import { showPolicies } from "./showPolicies.ts"

/** It may hold keys. */
const OWNER_ONLY = 0o600

/** Asks at the terminal, or takes the lines of a script, and writes the file that they give. */
export const init = Command.make(
  "init",
  {
    config: flags.config,
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Take the place of a file that is there, without asking"),
      Flag.withDefault(false)
    )
  },
  Effect.fn("s3beat.init")(
    function* ({ config: path, force }) {
      const isTerminal = yield* (yield* Stdio.Stdio).stdinIsTerminal
      const interviewer: Layer.Layer<Interviewer, never, Stdio.Stdio | Prompt.Environment> = isTerminal
        ? InterviewerPrompt.layer
        : Layer.merge(InterviewerLines.layer, endsStdin)
      const outcome = yield* Effect.provide(answersFor(path, { force, isTerminal }), interviewer)
      if (outcome === undefined) return yield* Console.log(`${path} stays as it is.`)
      const { answers, env, replaces } = outcome
      const text = newConfig(answers)
      const { config } = yield* Effect.mapError(Effect.fromResult(ConfigFile.parse(text, { path, env })), configFailed)
      yield* placeFile(path, text, { mode: OWNER_ONLY, replaces })
      yield* Console.log(nextSteps(path, config))
    },
    Effect.catchTag("PlacementFailed", ({ isTaken, message }) =>
      Effect.fail(
        new CommandFailed({
          message: isTaken ? `there is a file in this place by now, which stays as it is: ${message}` : message,
          exitCode: exitCode.failed
        })
      )
    )
  )
).pipe(
  Command.withDescription("Ask for what a config needs, and write it"),
  Command.withExamples([
    { command: "s3beat init -c /etc/s3beat/s3beat.yml", description: "Ask at the terminal" },
    { command: "s3beat init < answers.txt", description: "A line for each question, in order" }
  ])
)

/** Whoever started this may keep the pipe open, and a pipe that is still read would keep the process from ending. */
const endsStdin = Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(() => process.stdin.destroy())))

/** The answers, and whether they are to take the place of a file; nothing when that is to stay, which is asked first. */
const answersFor = Effect.fnUntraced(function* (
  path: string,
  { force, isTerminal }: { readonly force: boolean; readonly isTerminal: boolean }
) {
  const fs = yield* FileSystem.FileSystem
  const directory = dirname(path)
  yield* Effect.mapError(fs.access(directory, { writable: true }), () =>
    refused(`${path}: ${directory} is no directory that this user may write to; make it, or name another file with -c`)
  )
  const exists = yield* Effect.orElseSucceed(fs.exists(path), () => true)
  if (exists && !force) {
    if (!isTerminal) return yield* refused(`${path} is there already; --force takes its place, -c names another file`)
    const { ask } = yield* Interviewer
    if (!(yield* ask(yesOrNo(`${path} is there already. Overwrite it`)))) return undefined
  }
  const env = yield* variablesBeside(path)
  return { answers: yield* interview(env), env, replaces: exists }
})

/** What answers may name: the environment's variables, and what the keystore beside the file has, whatever its value. */
const variablesBeside = (path: string): Effect.Effect<Environment> =>
  KeystoreFile.read(pathOf({ config: path, keystore: Option.none() }, {})).pipe(
    Effect.map(({ names }) => ({
      ...process.env,
      ...Object.fromEntries(names.map((name) => [name, Redacted.make("-")]))
    })),
    Effect.orElseSucceed(() => process.env)
  )

const refused = (message: string): CommandFailed => new CommandFailed({ message, exitCode: exitCode.configWrong })

const nextSteps = (path: string, config: S3beatConfig): string => {
  const file = /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
  return `
Wrote ${path}, which only its owner may read.

What has to be allowed, and no more, with your own in the place of every <placeholder>:

${showPolicies(Policies.make({ ...policyOptions(config), buckets: [], kmsKeys: [] }))}

  s3beat policy -c ${file}    the same, for --principal and --bucket that you name, and as CloudFormation
  s3beat check -c ${file}     see whether it is right
  s3beat run -c ${file}       ship`
}
