/**
 * `s3beat`, run to its end: as a process of its own, or within the test. What keeps running is in `RunningS3beat.ts`.
 */
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Stdio, Stream } from "effect"
import { Command } from "effect/cli"
import { s3beat } from "../../src/cli/Cli.ts"
import { CommandFailed, report } from "../../src/cli/CommandFailed.ts"
import { type Ended, type PipeOptions, start } from "./RunningS3beat.ts"

/** Runs the real program with these arguments. */
export const runS3beat = (args: ReadonlyArray<string>, options: PipeOptions = {}): Effect.Effect<Ended> =>
  start(args, options).pipe(
    Effect.flatMap(({ ended }) => ended),
    Effect.scoped
  )

/** Runs its command within the test, as the process would, but for what it costs to start one. Its variables are those of the test, and `env`. */
export const runS3beatInside = (
  args: ReadonlyArray<string>,
  { env = {}, stdin = "" }: Pick<PipeOptions, "env" | "stdin"> = {}
): Effect.Effect<Ended> =>
  Effect.suspend(() => {
    const out: Array<string> = []
    const errors: Array<string> = []
    const recording: Console.Console = Object.assign(Object.create(console), {
      log: (text: string) => out.push(`${text}\n`),
      error: (text: string) => errors.push(`${text}\n`)
    })
    const stdio = Stdio.layerTest({
      stdin: Stream.succeed(typeof stdin === "string" ? Buffer.from(stdin) : stdin),
      stdinIsTerminal: Effect.succeed(false),
      stdoutIsTerminal: Effect.succeed(false)
    })
    return report(Command.runWith(s3beat, { version: "test" })(args)).pipe(
      Effect.provide(Layer.merge(NodeServices.layer, stdio)),
      Effect.provideService(Console.Console, recording),
      withVariables(env),
      Effect.match({
        onSuccess: () => 0,
        onFailure: (error) => (error instanceof CommandFailed ? error.exitCode : 1)
      }),
      Effect.map((exitCode) => ({ exitCode, stdout: out.join(""), stderr: errors.join("") }))
    )
  })

const withVariables =
  (env: Readonly<Record<string, string>>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const before = { ...process.env }
        Object.assign(process.env, env)
        return before
      }),
      () => effect,
      (before) =>
        Effect.sync(() => {
          process.env = before
        })
    )
