/**
 * `s3beat keystore`: secrets in an encrypted file of their own, which the config names as `${NAME}`.
 */
import { isUtf8 } from "node:buffer"
import { Console, Effect, FileSystem, Redacted, Stdio, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as ConfigFile from "../config/ConfigFile.ts"
import * as KeystoreFile from "../keystore/KeystoreFile.ts"
import { isName } from "../keystore/SealedKeystore.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import { type KeystoreFlags, keystoreFailed, pathOf } from "./keystoreOf.ts"
import { configFailed, loggingLayer } from "./loadConfig.ts"
import { askHidden, newPassphrase, passphraseOf, withoutLineEnd } from "./passphrase.ts"

/** Keys, tokens and certificates are shorter. **Units** Bytes. */
const MAX_VALUE_BYTES = 64 * 1024

const whichOne = { config: flags.config, keystore: flags.keystore }

const create = Command.make(
  "create",
  {
    ...whichOne,
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Replace the keystore that is there; its values are lost"),
      Flag.withDefault(false)
    )
  },
  Effect.fn("s3beat.keystore.create")(function* ({ force, ...flags }) {
    const path = yield* keystorePath(flags)
    yield* asCommand(KeystoreFile.create(path, newPassphrase(path), { replace: force }))
    yield* Console.log(`Made ${path}; it is empty, add to it with s3beat keystore add NAME.`)
  })
).pipe(Command.withDescription("Make an empty keystore under a new passphrase"))

const add = Command.make(
  "add",
  {
    ...whichOne,
    names: Argument.String("NAME").pipe(
      Argument.withDescription("By which the config names it: ${NAME}"),
      Argument.variadic()
    ),
    stdin: Flag.Boolean("stdin").pipe(
      Flag.withDescription("Read the value from stdin instead of asking for it; one line end behind it is dropped"),
      Flag.withDefault(false)
    ),
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Replace the value that the name has already"),
      Flag.withDefault(false)
    )
  },
  Effect.fn("s3beat.keystore.add")(function* ({ force, names: [name, ...others], stdin, ...flags }) {
    if (name === undefined || others.length > 0) {
      return yield* refused(
        "Give one name and no value: arguments are seen by everyone on the machine. It is asked for, or read with --stdin."
      )
    }
    if (!isName(name)) {
      return yield* refused("A name may hold letters, digits, _ and ., at most 128, and begins with a letter or _.")
    }
    const path = yield* keystorePath(flags)
    yield* asCommand(
      KeystoreFile.change(
        path,
        passphraseOf(path),
        Effect.fnUntraced(function* (entries) {
          if (entries.has(name) && !force) return yield* refused(`${path}: has ${name} already; --force replaces it`)
          return new Map(entries).set(name, yield* stdin ? valueFromStdin : askForValue(name))
        })
      )
    )
  })
).pipe(
  Command.withDescription("Add a value, typed unseen or from stdin"),
  Command.withExamples([
    { command: "s3beat keystore add SECRET_KEY", description: "Asks for the value" },
    { command: "pass show aws | s3beat keystore add SECRET_KEY --stdin", description: "From another program" }
  ])
)

const list = Command.make(
  "list",
  whichOne,
  Effect.fn("s3beat.keystore.list")(function* (flags) {
    const { names } = yield* asCommand(KeystoreFile.read(yield* keystorePath(flags)))
    yield* Effect.forEach(names, (name) => Console.log(name), { discard: true })
  })
).pipe(Command.withDescription("Print the names, but no values; needs no passphrase"))

const remove = Command.make(
  "remove",
  {
    ...whichOne,
    names: Argument.String("NAME").pipe(Argument.withDescription("What to remove"), Argument.atLeast(1))
  },
  Effect.fn("s3beat.keystore.remove")(function* ({ names, ...flags }) {
    const path = yield* keystorePath(flags)
    yield* asCommand(
      KeystoreFile.change(
        path,
        passphraseOf(path),
        Effect.fnUntraced(function* (entries) {
          const rest = new Map(entries)
          const missing = names.filter((name) => !rest.delete(name))
          return missing.length === 0
            ? rest
            : yield* refused(`${path}: has no ${missing.join(", ")}; nothing was removed`)
        })
      )
    )
  })
).pipe(Command.withDescription("Remove names with their values: all that are given, or none"))

/** `s3beat keystore`, with its subcommands. */
export const keystore = Command.make("keystore").pipe(
  Command.withDescription("Keep secrets in an encrypted file, which the config names as ${NAME}"),
  Command.withSubcommands([create, add, list, remove])
)

/** The config need not be there yet; one that is there must be readable, since it may name another keystore. */
const keystorePath = Effect.fnUntraced(function* (flags: KeystoreFlags) {
  const { config: path } = flags
  if (!(yield* Effect.orDie((yield* FileSystem.FileSystem).exists(path)))) return pathOf(flags, {})
  const { text } = yield* ConfigFile.read(path)
  return pathOf(flags, yield* Effect.fromResult(ConfigFile.survey(text, { path, env: process.env })))
}, Effect.mapError(configFailed))

const askForValue = Effect.fnUntraced(function* (name: string) {
  const value = yield* askHidden(`Value of ${name}`, "Pipe the value in, with --stdin.")
  return Redacted.value(value) === "" ? yield* noValue() : value
})

const valueFromStdin = Effect.gen(function* () {
  let bytes = Buffer.alloc(0)
  yield* (yield* Stdio.Stdio).stdin.pipe(
    Stream.takeWhile(() => bytes.length <= MAX_VALUE_BYTES),
    Stream.runForEach((chunk) =>
      Effect.sync(() => {
        bytes = Buffer.concat([bytes, chunk])
      })
    ),
    Effect.mapError(
      (cause) => new CommandFailed({ message: `stdin cannot be read: ${cause.message}`, exitCode: exitCode.failed })
    )
  )
  if (bytes.length > MAX_VALUE_BYTES) return yield* refused(`The value is larger than ${MAX_VALUE_BYTES} bytes.`)
  if (!isUtf8(bytes)) return yield* refused("The value is not UTF-8; encode it, as base64 for one.")
  const value = withoutLineEnd(bytes.toString())
  return value === "" ? yield* noValue() : Redacted.make(value)
})

const refused = (message: string) => new CommandFailed({ message, exitCode: exitCode.configWrong })

const noValue = () => refused("The value is empty; a variable that is set to nothing counts as not set.")

const asCommand = <A, E, R>(effect: Effect.Effect<A, E | KeystoreFile.KeystoreError, R>) =>
  effect.pipe(
    Effect.catchIf(
      (error) => error instanceof KeystoreFile.KeystoreError,
      (error) => Effect.fail(keystoreFailed(error))
    ),
    Effect.provide(loggingLayer())
  )
