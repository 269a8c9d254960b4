/**
 * The keys under `output:`, as Beats name them.
 */
import { Predicate, Result, Schema } from "effect"
import * as ConfigKey from "./ConfigKey.ts"
import { LogstashSection } from "./LogstashSection.ts"
import { scalar, showText } from "./scalar.ts"
import { Flag, flagOf, Text, wholeNumber } from "./words.ts"

/** The outputs that there are. */
export const OUTPUTS = ["logstash", "file", "console"] as const

const OUTPUT_KEYS = OUTPUTS.map((output) => `output.${output}`).join(", ")

/** Nothing may be lost by a rotation that nobody has read yet; Beats allow 2 to 1024. */
const FILES = { minimum: 2, maximum: 1024 }

const FileName = scalar(Schema.String, "a file name", (text) =>
  /^[^/\\\0]+$/.test(text) && text !== "." && text !== ".."
    ? Result.succeed(text)
    : Result.fail(`${showText(text)} is no file name; the directory belongs in output.file.path`)
)

const Permissions = scalar(Schema.Number, "permissions as in 0600", (text) =>
  /^0?o?[0-7]{3}$/.test(text)
    ? Result.succeed(Number.parseInt(text.slice(-3), 8))
    : Result.fail(`${showText(text)} are no permissions; write them as in 0600`)
)

const File = Schema.Struct({
  enabled: ConfigKey.withDefault(Flag, true, "Whether events go to files."),
  path: ConfigKey.required(Text, "The directory of the files; made if it is not there.", "/var/lib/s3beat/events"),
  filename: ConfigKey.withDefault(
    FileName,
    "s3beat",
    "The name of the current file, to which .ndjson is added; the ones before it are filename.1.ndjson and so on."
  ),
  rotate_every_kb: ConfigKey.withDefault(
    wholeNumber({ minimum: 1, maximum: 1_073_741_824 }),
    10240,
    "The size, in KiB, at which a new file is begun; larger means fewer files for what reads them."
  ),
  number_of_files: ConfigKey.withDefault(
    wholeNumber(FILES),
    7,
    "How many files are kept; the oldest is deleted, so keep enough for what reads them to catch up."
  ),
  permissions: ConfigKey.withDefault(Permissions, "0600", "The mode of the files; 0640 lets a group read them."),
  codec: ConfigKey.unused("an event is always one line of JSON"),
  rotate_on_startup: ConfigKey.unused("files are rotated by size alone")
})

const Console = Schema.Struct({
  enabled: ConfigKey.withDefault(Flag, true, "Whether events go to stdout, one line of JSON each; logs go to stderr."),
  pretty: ConfigKey.unused("an event is always one line of JSON; pipe stdout into jq to read it"),
  codec: ConfigKey.unused("an event is always one line of JSON"),
  bulk_max_size: ConfigKey.unused("batch.maxEvents says it for every output")
})

/** An output that Beats have and s3beat has not: only an error can keep logs from going nowhere. */
const missing = Schema.optionalKey(
  Schema.Unknown.check(
    Schema.makeFilter((output) =>
      isOff(output) ? undefined : `this output is not supported yet; those that are: ${OUTPUT_KEYS}`
    )
  )
).pipe(
  Schema.annotateKey({
    unused: "it is not enabled, and s3beat has no such output yet",
    description: "Not supported yet; an error unless enabled is false."
  })
)

const isOff = (output: unknown): boolean =>
  Predicate.hasProperty(output, "enabled") && flagOf(String(output.enabled)) === false

/** The keys under `output:`. */
export const OutputSection = Schema.Struct({
  logstash: Schema.optionalKey(LogstashSection).pipe(
    Schema.annotateKey({
      description: "Events to Logstash, Open Collector or another collector that takes them from Beats."
    })
  ),
  file: Schema.optionalKey(File).pipe(Schema.annotateKey({ description: "Events in files, rotated by size." })),
  console: Schema.optionalKey(Console).pipe(Schema.annotateKey({ description: "Events on stdout." })),
  elasticsearch: missing,
  kafka: missing,
  redis: missing,
  otlp: missing,
  discard: missing
})
