/**
 * Reading `s3beat.yml`: every problem at once, each with its place.
 */
import { isUtf8 } from "node:buffer"
import { Array, Effect, FileSystem, type PlatformError, Result, Schema } from "effect"
import { find, toPlain } from "./ConfigNode.ts"
import type { Environment } from "./environment.ts"
import { explainIssue } from "./explainIssue.ts"
import { countedAsHours, holdsKeys, keysWithoutEffect, problemsBetweenKeys } from "./keysTogether.ts"
import { byPosition, ofFile, type Problem, show } from "./Problem.ts"
import { readYaml } from "./readYaml.ts"
import { configKeys, decodeFile, fromFile, type S3beatConfig } from "./S3beatConfig.ts"

/** So many problems are shown: nobody reads on, and a file that is no config at all may have one for every byte. */
const SHOWN_PROBLEMS = 200

/** **Units** bytes: room for thousands of queues and roles. What is larger is another file, or written to keep a parser busy. */
const MAX_FILE_BYTES = 256 * 1024

/**
 * The config cannot be used.
 *
 * **Shape** `problems` in the order of the file, never empty; `message` shows each of the first on a line of its own, as
 * `s3beat.yml:12:5 stsCredsExpirationTime: 14m is below the minimum of 15m`. No value of a secret key is ever in it.
 */
export class ConfigFileError extends Schema.TaggedError<ConfigFileError>()("ConfigFileError", {
  path: Schema.String,
  problems: Schema.Array(
    Schema.Struct({ line: Schema.Number, column: Schema.Number, key: Schema.String, message: Schema.String })
  )
}) {
  override get message() {
    const shown = this.problems.slice(0, SHOWN_PROBLEMS).map((problem) => show(this.path, problem))
    const others = this.problems.length - shown.length
    return [...shown, ...(others > 0 ? [`${this.path}: ${others} more of them`] : [])].join("\n")
  }
}

/** A config that may be used, and what is worth a warning in its file, in the order of the file. */
export interface LoadedConfig {
  readonly config: S3beatConfig
  /** What it was decoded from: another thread decodes it again, because a config holds what cannot be handed over. Secrets are in the clear. */
  readonly plain: unknown
  readonly warnings: ReadonlyArray<string>
}

/** What a text needs to be understood. **Shape** `path` as the user gave it; `mode` is the file's, where it is known. */
export interface ParseOptions {
  readonly path: string
  readonly env: Environment
  readonly mode?: number
}

const WRITABLE_BY_OTHERS = 0o022
const READABLE_BY_OTHERS = 0o044

/** Decodes the text of a config file. */
export const parse = (
  text: string,
  { env, mode, path }: ParseOptions
): Result.Result<LoadedConfig, ConfigFileError> => {
  const { problems: unreadable, root } = readYaml(text, env)
  if (root === undefined) return Result.fail(failure(path, unreadable))
  const plain = toPlain(root)
  const decoded = decodeFile(plain)
  const problems = [
    ...unreadable,
    ...problemsBetweenKeys(root),
    ...(Result.isFailure(decoded) ? explainIssue(decoded.failure.issue, root, configKeys) : [])
  ]
  if (Result.isFailure(decoded) || problems.length > 0) return Result.fail(failure(path, problems))
  const warnings = [
    ...modeWarnings(path, mode, holdsKeys(root)),
    ...keysWithoutEffect(root, configKeys),
    ...countedAsHours(root)
  ]
  return Result.succeed({
    config: fromFile(decoded.success),
    plain,
    warnings: Array.sort(warnings, byPosition).map((warning) => show(path, warning))
  })
}

/** What is asked of a text before its secrets are known. */
export interface Survey {
  /** `keystore.path`, where it is set. */
  readonly keystorePath?: string
  /** The variables that its values name. */
  readonly variables: ReadonlySet<string>
}

/** Looks over the text of a config file. **Errors** `ConfigFileError` when it is no config at all; the rest is for `parse`. */
export const survey = (text: string, { env, path }: ParseOptions): Result.Result<Survey, ConfigFileError> => {
  const { problems, root, variables } = readYaml(text, env)
  if (root === undefined) return Result.fail(failure(path, problems))
  const node = find(root, ["keystore", "path"])
  return Result.succeed(node?._tag === "Scalar" ? { variables, keystorePath: String(node.value) } : { variables })
}

/** A config file as it lies on the disk. **Shape** `text` encodes to the very bytes of the file, its byte order mark included. */
export interface ConfigText {
  readonly text: string
  readonly info: FileSystem.File.Info
}

/**
 * Reads the config file as text. The path is shown as given.
 *
 * **Errors** `ConfigFileError` with the one problem that kept the file from being read.
 */
export const read: (path: string) => Effect.Effect<ConfigText, ConfigFileError, FileSystem.FileSystem> = Effect.fn(
  "ConfigFile.read"
)(function* (path) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (error: PlatformError.PlatformError) => failure(path, [ofFile(unreadableMessage(error))])
  const info = yield* Effect.mapError(fs.stat(path), unreadable)
  if (info.type === "Directory") {
    return yield* failure(path, [ofFile("is a directory; name the file in it, such as s3beat.yml")])
  }
  if (info.size > MAX_FILE_BYTES) {
    return yield* failure(path, [ofFile(`holds ${info.size} bytes; a config has at most ${MAX_FILE_BYTES}`)])
  }
  const text = decodeUtf8(yield* Effect.mapError(fs.readFile(path), unreadable))
  return text === undefined ? yield* failure(path, [ofFile("is not UTF-8; save it in that encoding")]) : { text, info }
})

/**
 * Reads and decodes the config file. The path is shown as given.
 *
 * **Errors** `ConfigFileError` with every problem, or with the one that kept the file from being read.
 */
export const load: (
  path: string,
  env: Environment
) => Effect.Effect<LoadedConfig, ConfigFileError, FileSystem.FileSystem> = Effect.fn("ConfigFile.load")(
  function* (path, env) {
    const { info, text } = yield* read(path)
    return yield* Effect.fromResult(parse(text, { path, env, mode: info.mode }))
  }
)

/** The error that tells these problems. */
export const failure = (path: string, problems: ReadonlyArray<Problem>): ConfigFileError =>
  new ConfigFileError({ path, problems: Array.sort(problems, byPosition) })

const decodeUtf8 = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) : undefined

const unreadableMessage = (error: PlatformError.PlatformError): string => {
  switch (error.reason._tag) {
    case "NotFound":
      return "there is no such file; s3beat init writes one, or name another with -c"
    case "PermissionDenied":
      return "may not be read by this user; check its owner and mode"
    default:
      return `cannot be read: ${error.message}`
  }
}

const modeWarnings = (path: string, mode: number | undefined, holdsKeys: boolean): ReadonlyArray<Problem> => {
  if (mode === undefined) return []
  const shown = `0${(mode & 0o777).toString(8).padStart(3, "0")}`
  return [
    ...((mode & WRITABLE_BY_OTHERS) === 0
      ? []
      : [ofFile(`others may write this file (mode ${shown}), and so redirect the logs; run chmod go-w ${path}`)]),
    ...((mode & READABLE_BY_OTHERS) === 0 || !holdsKeys
      ? []
      : [
          ofFile(
            `holds keys that others may read (mode ${shown}); run chmod go-r ${path}, or name variables as in \${AWS_KEY}`
          )
        ])
  ]
}
