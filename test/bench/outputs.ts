/**
 * Where the events of a run go.
 */
import { join } from "node:path"
import * as LumberjackSink from "./sink/LumberjackSink.ts"

/**
 * A file begins anew when it is so large. Gigabytes that grow and grow would measure, on a virtual machine above all, how long a kernel
 * takes to find memory that nobody had before, and not what writing costs once a daemon has run for an hour.
 */
export const FILE_BYTES = 64 * 1024 * 1024

/** A destination that is ready. **Shape** `config` is the section of `s3beat.yml`. */
export interface Destination extends AsyncDisposable {
  readonly config: string
  /** The file that is run in place of `src/main.ts`. */
  readonly entry?: string
  /** How many events came out at the far end, where that can be told. */
  readonly arrived?: () => Promise<number>
}

const nothingToClose = async () => {}

const logstash = async (compressionLevel: number): Promise<Destination> => {
  const sink = await LumberjackSink.start()
  return {
    config: `output.logstash:\n  hosts: ["127.0.0.1:${sink.port}"]\n  compression_level: ${compressionLevel}\n`,
    arrived: sink.arrived,
    [Symbol.asyncDispose]: sink[Symbol.asyncDispose]
  }
}

/** Gets the output of this name ready; what it writes goes into `directory`. */
export const openOutput = async (name: string, directory: string): Promise<Destination> => {
  const open = outputs[name]
  if (open === undefined) throw new Error(`There is no output ${name}: ${Object.keys(outputs).join(", ")}.`)
  return open(directory)
}

const outputs: Readonly<Record<string, (directory: string) => Promise<Destination>>> = {
  file: async (directory) => ({
    config:
      `output.file:\n  path: ${JSON.stringify(join(directory, "events"))}\n` +
      `  rotate_every_kb: ${FILE_BYTES / 1024}\n  number_of_files: 4\n`,
    [Symbol.asyncDispose]: nothingToClose
  }),
  null: async () => ({
    config: "output.console:\n  enabled: true\n",
    entry: join(import.meta.dirname, "nullDaemon.ts"),
    [Symbol.asyncDispose]: nothingToClose
  }),
  logstash: () => logstash(0),
  "logstash-compressed": () => logstash(3)
}
