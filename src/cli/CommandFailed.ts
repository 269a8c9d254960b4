/**
 * How a command ends that could not do its work: one message for people on stderr, no stack trace, and an exit code.
 */
import { Console, Data, Effect, Runtime } from "effect"
import { CliError, CliOutput } from "effect/cli"

/**
 * The exit codes of s3beat.
 *
 * **Shape** 0: done, or drained after a signal. 1: AWS, the output or the work itself failed. 2: the command line or the
 * config is wrong.
 */
export const exitCode = { failed: 1, configWrong: 2 } as const

/** Ends the program with this message and exit code. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly message: string
  readonly exitCode: number
}> {
  override readonly [Runtime.errorExitCode]: number = this.exitCode
  /** The message is printed by `report`; a stack trace would only frighten. */
  override readonly [Runtime.errorReported] = false
}

/** Prints the message of a failed command, once. A wrong command line is told by `presenter`; here it gets its exit code. */
export const report = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  command.pipe(
    Effect.tapError((error) => (error instanceof CommandFailed ? Console.error(error.message) : Effect.void)),
    Effect.mapError((error) =>
      error instanceof CliError.ShowHelp && error.errors.length > 0
        ? new CommandFailed({ message: error.message, exitCode: exitCode.configWrong })
        : error
    )
  )

/**
 * Tells a wrong command line on stderr, with the help beside it: whoever reads stdout expects events. Help that was asked for goes to
 * stdout.
 */
export const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.consoleWith((console) =>
          Effect.provideService(CliOutput.defaultPresenter.present(event), Console.Console, {
            ...console,
            log: console.error
          })
        )
      : CliOutput.defaultPresenter.present(event)
})
