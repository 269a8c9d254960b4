/**
 * How a command ends that could not do its work: one message for people on stderr, no stack trace, and an exit code.
 */
import { Console, Data, Effect, Runtime } from "effect"

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

/** Prints the message of a failed command, once. */
export const report = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  Effect.tapError(command, (error) => (error instanceof CommandFailed ? Console.error(error.message) : Effect.void))
