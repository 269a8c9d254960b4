/**
 * `s3beat decode`: a local file through the daemon's own decoders and encoder, to try a config on a sample.
 */
import { Effect, FileSystem, Option, Stdio, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { decodeObject } from "../decode/decodeObject.ts"
import { Output } from "../output/Output.ts"
import * as ConsoleOutput from "../output/ConsoleOutput.ts"
import { encodeRecords } from "../pipeline/encodeRecords.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import { decodeOptions, encoderOf } from "./ingestOptions.ts"
import { defaultConfig, loadConfig } from "./loadConfig.ts"

/** Reads in big chunks: a chunk costs the same whatever its size. */
const CHUNK_BYTES = 1024 * 1024

/** Decodes the files in order, or stdin, and prints one event a line. */
export const decode = Command.make(
  "decode",
  {
    files: Argument.String("FILE").pipe(
      Argument.withDescription("Files as they would lie in the bucket; - or none reads stdin"),
      Argument.variadic()
    ),
    config: Flag.String("config").pipe(
      Flag.withAlias("c"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("Decode by this config; without it, by the defaults"),
      Flag.optional
    ),
    keystore: flags.keystore
  },
  Effect.fn("s3beat.decode")(
    function* ({ config: path, files, keystore }) {
      const { config } = Option.isSome(path)
        ? yield* loadConfig({ config: path.value, keystore })
        : yield* defaultConfig
      const encoder = encoderOf(config)
      const decode = decodeOptions(config)
      const output = yield* Output

      yield* Effect.forEach(
        files.length === 0 ? ["-"] : files,
        Effect.fnUntraced(function* (file) {
          const body = yield* open(file)
          const object = encoder.forObject({ bucket: "local", key: file, region: "us-east-1" })
          yield* decodeObject(body, { ...decode, key: file, isTransient: true }).pipe(
            encodeRecords(object),
            Stream.mapError((error) =>
              error._tag === "CommandFailed"
                ? error
                : new CommandFailed({ message: `${file}: ${error.message}`, exitCode: exitCode.failed })
            ),
            Stream.runForEach(({ events }) =>
              Effect.tap(output.publish([events]), () => Effect.sync(() => encoder.release(events)))
            )
          )
        }),
        { discard: true }
      )
    },
    // Whoever closes the pipe has seen enough, as `head` does.
    Effect.catchTag("OutputError", () => Effect.void),
    Effect.provide(ConsoleOutput.layer({ stdout: process.stdout }))
  )
).pipe(
  Command.withDescription("Print what local files would become, as NDJSON on stdout"),
  Command.withExamples([
    { command: "s3beat decode cloudtrail.json.gz", description: "Known by its content, not by its name" },
    {
      command: "gunzip -c app.log.gz | s3beat decode -c s3beat.yml",
      description: "From stdin, with a config's multiline"
    }
  ])
)

const open = Effect.fnUntraced(function* (file: string) {
  const unreadable = (cause: { readonly message: string }) =>
    new CommandFailed({ message: `${file}: cannot be read: ${cause.message}`, exitCode: exitCode.failed })
  if (file === "-") return Stream.mapError((yield* Stdio.Stdio).stdin, unreadable)
  const fs = yield* FileSystem.FileSystem
  const stat = yield* Effect.mapError(fs.stat(file), unreadable)
  if (stat.type === "Directory") {
    return yield* new CommandFailed({ message: `${file}: is a directory; name a file`, exitCode: exitCode.failed })
  }
  return Stream.mapError(fs.stream(file, { chunkSize: CHUNK_BYTES }), unreadable)
})
