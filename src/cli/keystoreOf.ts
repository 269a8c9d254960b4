/**
 * Which keystore belongs to a config, and what it holds for it.
 */
import { dirname, isAbsolute, join } from "node:path"
import { Effect, Option } from "effect"
import type { Survey } from "../config/ConfigFile.ts"
import { KEYSTORE_NAME } from "../config/S3beatConfig.ts"
import * as KeystoreFile from "../keystore/KeystoreFile.ts"
import type { Entries } from "../keystore/SealedKeystore.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { passphraseOf } from "./passphrase.ts"

/** The flags by which a keystore is found. */
export interface KeystoreFlags {
  readonly config: string
  readonly keystore: Option.Option<string>
}

/** The path of the keystore: what the flag says, or `keystore.path` of the config, or the one beside the config. */
export const pathOf = (
  { config, keystore }: KeystoreFlags,
  { keystorePath = KEYSTORE_NAME }: Pick<Survey, "keystorePath">
): string =>
  Option.getOrElse(keystore, () => (isAbsolute(keystorePath) ? keystorePath : join(dirname(config), keystorePath)))

/**
 * The entries that the config may name.
 *
 * **Guarantee** Nobody is asked for a passphrase as long as no value of the config names an entry of the keystore.
 *
 * **Errors** `CommandFailed` when the keystore cannot be read or opened. That there is none is an error only where the flag
 * names one.
 */
export const entriesFor = (flags: KeystoreFlags, survey: Survey) =>
  Effect.gen(function* () {
    const file = yield* KeystoreFile.read(pathOf(flags, survey))
    if (!file.names.some((name) => survey.variables.has(name))) return noEntries
    return yield* KeystoreFile.open(file, yield* passphraseOf(file.path))
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "KeystoreError" && error.reason === "Missing" && Option.isNone(flags.keystore),
      () => Effect.succeed(noEntries)
    ),
    Effect.catchTag("KeystoreError", (error) => Effect.fail(keystoreFailed(error)))
  )

/** How a command ends that could not use its keystore: the disk may be at fault, and else what the user has given. */
export const keystoreFailed = ({ message, reason }: KeystoreFile.KeystoreError): CommandFailed =>
  new CommandFailed({
    message,
    exitCode: reason === "Unwritable" || reason === "Busy" ? exitCode.failed : exitCode.configWrong
  })

const noEntries: Entries = new Map()
