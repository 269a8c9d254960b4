/**
 * The flags of `npm run bench`.
 */
import { parseArgs } from "node:util"
import type { Checksum } from "./server/s3.ts"

/** What the flags say; each bench reads what is of use to it. */
export interface BenchOptions {
  readonly shapes: ReadonlyArray<string> | undefined
  readonly outputs: ReadonlyArray<string> | undefined
  readonly runs: number | undefined
  readonly objects: number | undefined
  readonly isQuick: boolean
  readonly latencyMillis: number
  readonly isTls: boolean
  readonly hasRole: boolean
  readonly checksum: Checksum
  readonly rate: number | undefined
  readonly keys: ReadonlyArray<string>
  readonly directory: string | undefined
  readonly profile: string | undefined
}

/** What `--help` tells. */
export const USAGE = `Usage: npm run bench -- [NAME...] [FLAGS]

Without a name every bench runs. A table on stderr and lines of JSON on stdout.

  --shape NAME       only this shape, and so on for more of them (pipeline, scaling)
  --output NAME      only this output, and so on for more of them (pipeline)
  --runs N           instead of five (scaling: one)
  --objects N        instead of as many as the shape has (pipeline)
  --quick            fewer objects and one run, to try it
  --latency 20ms     how long every answer of the server waits
  --tls              the server speaks TLS
  --role             buckets are read through an assumed role
  --checksum KIND    which one S3 has of its objects: crc64nvme (S3's own default), crc32 or none
  --rate N           messages are sent at so many a second, instead of as fast as they are received
  --key 'NAME: V'    a further key under s3beat:, and so on for more of them
  --profile DIR      write the daemon's CPU profile there
  --directory DIR    where files are written, instead of the system's temporary directory`

const checksums: ReadonlyArray<Checksum> = ["crc64nvme", "crc32", "none"]

/** Reads the words after `npm run bench --`. Throws on a flag that is not there. */
export const parseOptions = (args: ReadonlyArray<string>) => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      shape: { type: "string", multiple: true },
      output: { type: "string", multiple: true },
      runs: { type: "string" },
      objects: { type: "string" },
      quick: { type: "boolean", default: false },
      latency: { type: "string", default: "0" },
      tls: { type: "boolean", default: false },
      role: { type: "boolean", default: false },
      checksum: { type: "string", default: "crc64nvme" },
      rate: { type: "string" },
      key: { type: "string", multiple: true, default: [] },
      directory: { type: "string" },
      profile: { type: "string" },
      help: { type: "boolean", default: false }
    }
  })
  const checksum = checksums.find((known) => known === values.checksum)
  if (checksum === undefined) throw new Error(`--checksum is one of ${checksums.join(", ")}`)
  const options: BenchOptions = {
    shapes: values.shape,
    outputs: values.output,
    runs: values.runs === undefined ? undefined : numberOf("runs", values.runs),
    objects: values.objects === undefined ? undefined : numberOf("objects", values.objects),
    isQuick: values.quick,
    latencyMillis: numberOf("latency", values.latency.replace(/ms$/u, "")),
    isTls: values.tls,
    hasRole: values.role,
    checksum,
    rate: values.rate === undefined ? undefined : numberOf("rate", values.rate),
    keys: values.key,
    directory: values.directory,
    profile: values.profile
  }
  return { names: positionals, isHelp: values.help, options }
}

const numberOf = (flag: string, text: string): number => {
  const number = Number(text)
  if (!(number >= 0)) throw new Error(`--${flag} ${text} is no number`)
  return number
}
