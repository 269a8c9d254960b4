/**
 * Where the passphrase of a keystore comes from: the environment, a file that it names, or whoever sits at the terminal.
 */
import { Effect, FileSystem, Redacted, Stdio } from "effect"
import { Prompt } from "effect/cli"
import { CommandFailed, exitCode } from "./CommandFailed.ts"

const VARIABLE = "S3BEAT_KEYSTORE_PASSPHRASE"
const FILE_VARIABLE = `${VARIABLE}_FILE`

/** What a new passphrase must have. An empty one, with which Beats encrypt, would protect nothing from who has the file. */
const MIN_CHARACTERS = 8

/** The passphrase of a keystore that is there. **Errors** `CommandFailed` when nobody gives one. */
export const passphraseOf = Effect.fnUntraced(function* (keystore: string) {
  return (yield* given) ?? (yield* ask(`Passphrase of ${keystore}`))
})

/** The passphrase of a keystore that is to be made. **Errors** As `passphraseOf`; or it is too short, or mistyped. */
export const newPassphrase = Effect.fnUntraced(function* (keystore: string) {
  const fromOutside = yield* given
  const passphrase = fromOutside ?? (yield* ask(`New passphrase of ${keystore}`))
  if (Redacted.value(passphrase).length < MIN_CHARACTERS) {
    return yield* failed(`The passphrase is too short: it must have ${MIN_CHARACTERS} characters or more.`)
  }
  if (fromOutside === undefined && Redacted.value(yield* ask("The same again")) !== Redacted.value(passphrase)) {
    return yield* failed("The two passphrases differ; nothing was done.")
  }
  return passphrase
})

/**
 * Asks for something that must not be seen while it is typed.
 *
 * **Errors** `CommandFailed`: with `elsewhere`, how to give it otherwise, when there is no terminal to ask at.
 */
export const askHidden = Effect.fnUntraced(function* (what: string, elsewhere: string) {
  const stdio = yield* Stdio.Stdio
  if (!(yield* stdio.stdinIsTerminal) || !(yield* stdio.stdoutIsTerminal)) {
    return yield* failed(`There is no terminal to ask at: ${what}. ${elsewhere}`)
  }
  return yield* Effect.mapError(Prompt.run(Prompt.Hidden({ message: what })), () =>
    failed("Given up; nothing was done.")
  )
})

/** Without the line end that editors and `echo` leave behind. */
export const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "")

const ask = (what: string) =>
  askHidden(what, `Set ${VARIABLE}, or name a file that holds the passphrase in ${FILE_VARIABLE}.`)

const given = Effect.gen(function* () {
  const { [VARIABLE]: passphrase = "", [FILE_VARIABLE]: file = "" } = process.env
  if (passphrase !== "" && file !== "") {
    return yield* failed(`${VARIABLE} and ${FILE_VARIABLE} are both set; keep one of the two.`)
  }
  if (file === "") return passphrase === "" ? undefined : Redacted.make(passphrase)
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), (error) =>
    failed(`${file}, which ${FILE_VARIABLE} names, cannot be read: ${error.reason._tag}.`)
  )
  const held = withoutLineEnd(text)
  return held === "" ? yield* failed(`${file}, which ${FILE_VARIABLE} names, is empty.`) : Redacted.make(held)
})

const failed = (message: string) => new CommandFailed({ message, exitCode: exitCode.configWrong })
