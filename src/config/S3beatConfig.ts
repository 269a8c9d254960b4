/**
 * The config of s3beat: the one Schema of `s3beat.yml`, and what the rest of the program sees of it.
 */
import { Result, Schema } from "effect"
import type { Pattern } from "../domain/Pattern.ts"
import * as ConfigKey from "./ConfigKey.ts"
import { LoggingSection } from "./LoggingSection.ts"
import { type LogstashConfig, logstashOf } from "./LogstashSection.ts"
import { oneOrMany } from "./oneOrMany.ts"
import { OutputSection } from "./OutputSection.ts"
import { S3beatSection } from "./S3beatSection.ts"
import { Flag, Text } from "./words.ts"

/** The name of a keystore where none is given. */
export const KEYSTORE_NAME = "s3beat.keystore"

const KeystoreSection = Schema.Struct({
  path: ConfigKey.withDefault(
    Text,
    KEYSTORE_NAME,
    "The file that s3beat keystore keeps secrets in, seen from the directory of this file; ${NAME} in any value is looked up there first. The flag --keystore wins."
  )
})

/** `s3beat.yml`: s3beat's own keys under `s3beat:`, and the sections that all Beats share. */
export const S3beatFile = Schema.Struct({
  s3beat: S3beatSection.pipe(
    Schema.annotateKey({
      description: "The keys of s3beat itself.",
      messageMissingKey: "is required: the section that holds beatIdentifier and sqsQueues"
    })
  ),
  output: ConfigKey.withDefault(OutputSection, {}, "Where events go; exactly one output is enabled."),
  logging: ConfigKey.withDefault(LoggingSection, {}, "What s3beat says of itself."),
  keystore: ConfigKey.withDefault(KeystoreSection, {}, "Where secrets are kept that do not belong in this file."),
  tags: ConfigKey.withDefault(oneOrMany(Text), [], "Words that every event carries in tags, to find or route it by."),
  fields: ConfigKey.optional(
    Schema.Record(Schema.String, Schema.Unknown),
    "Fields of your own that every event carries under fields, such as the environment."
  ),
  fields_under_root: ConfigKey.withDefault(
    Flag,
    false,
    "Whether those fields stand at the top of the event instead; s3beat's own win over those of the same name."
  ),
  name: ConfigKey.unused("s3beat_<beatIdentifier> names the beat"),
  queue: ConfigKey.unused("SQS itself is the durable queue, and what is in flight is bounded by maxBytesInFlight"),
  processors: ConfigKey.unused("events are shipped as they are; the collector is the place to change them"),
  setup: ConfigKey.unused("s3beat sets up no index, template or dashboard"),
  http: ConfigKey.unused("s3beat opens no port; its numbers are logged every 30 s"),
  monitoring: ConfigKey.unused("s3beat does not report to a monitoring cluster; its numbers are logged every 30 s"),
  path: ConfigKey.unused("s3beat keeps no files of its own but those of output.file"),
  max_procs: ConfigKey.unused("s3beat.workers says how many cores are used"),
  xpack: ConfigKey.unused("s3beat has nothing of X-Pack"),
  cloud: ConfigKey.unused("s3beat does not ship to Elastic Cloud"),
  seccomp: ConfigKey.unused("the service manager is the place to restrict system calls"),
  management: ConfigKey.unused("s3beat is managed by its config file alone"),
  features: ConfigKey.unused("s3beat has no feature flags"),
  instrumentation: ConfigKey.unused("s3beat sends no traces to APM"),
  timestamp: ConfigKey.unused("timestamps are always written to the millisecond")
})

/** Every key that `s3beat.yml` may hold. */
export const configKeys: ReadonlyArray<ConfigKey.ConfigKey> = ConfigKey.list(S3beatFile)

/** How lines are joined to records. */
export interface Multiline {
  readonly pattern: Pattern
  readonly negate: boolean
  readonly match: "after" | "before"
  readonly maxLines: number
}

/** Where events go. **Units** `rotateEveryBytes` in bytes; `permissions` is a file mode. */
export type OutputConfig =
  | {
      readonly _tag: "File"
      readonly path: string
      readonly filename: string
      readonly rotateEveryBytes: number
      readonly numberOfFiles: number
      readonly permissions: number
    }
  | ({ readonly _tag: "Logstash" } & LogstashConfig)
  | { readonly _tag: "Console" }

type Section = typeof S3beatSection.Type

/**
 * A decoded config.
 *
 * **Shape** The keys under `s3beat:` by their own names, each as described in the Schema, with what other keys say about them
 * worked in: `stsRegion` and `endpoints.s3PathStyle` are always known, `multiline` is there when it has a pattern.
 *
 * **Units** Durations are `Duration`s, sizes are bytes.
 */
export interface S3beatConfig extends Omit<Section, "multiline" | "stsRegion" | "endpoints"> {
  /** `s3beat_<beatIdentifier>`: how LogRhythm knows this beat. */
  readonly fullyQualifiedBeatName: string
  readonly multiline?: Multiline
  readonly stsRegion: string
  readonly endpoints: Section["endpoints"] & { readonly s3PathStyle: boolean }
  readonly output: OutputConfig
  readonly logging: typeof LoggingSection.Type
  readonly tags: ReadonlyArray<string>
  readonly fields?: { readonly [name: string]: unknown }
  readonly fieldsUnderRoot: boolean
}

/** What the plain data of a file says, key by key. **Errors** Every problem at once. */
export const decodeFile = Schema.decodeUnknownResult(S3beatFile, { errors: "all", onExcessProperty: "error" })

/** What a decoded file means. **Guarantee** Total for files in which an output is enabled, as `keysTogether` sees to. */
export const fromFile = ({
  fields,
  fields_under_root,
  logging,
  output,
  s3beat,
  tags
}: typeof S3beatFile.Type): S3beatConfig => {
  const { endpoints, multiline, stsRegion, ...section } = s3beat
  const { match, max_lines, maxLines, negate, pattern } = multiline
  return {
    ...section,
    fullyQualifiedBeatName: `s3beat_${section.beatIdentifier}`,
    ...(pattern === undefined ? undefined : { multiline: { pattern, negate, match, maxLines: max_lines ?? maxLines } }),
    stsRegion: stsRegion ?? section.sqsQueues[0]?.region ?? "us-east-1",
    endpoints: { ...endpoints, s3PathStyle: endpoints.s3PathStyle ?? endpoints.s3 !== undefined },
    output: outputOf(output),
    logging,
    tags,
    ...(fields === undefined ? undefined : { fields }),
    fieldsUnderRoot: fields_under_root
  }
}

/** The config of a file whose plain data is known to be good. */
export const fromPlain = (plain: unknown): S3beatConfig => fromFile(Result.getOrThrow(decodeFile(plain)))

const outputOf = ({ file, logstash }: typeof OutputSection.Type): OutputConfig => {
  if (logstash?.enabled === true) return { _tag: "Logstash", ...logstashOf(logstash) }
  return file?.enabled === true
    ? {
        _tag: "File",
        path: file.path,
        filename: file.filename,
        rotateEveryBytes: file.rotate_every_kb * 1024,
        numberOfFiles: file.number_of_files,
        permissions: file.permissions
      }
    : { _tag: "Console" }
}
