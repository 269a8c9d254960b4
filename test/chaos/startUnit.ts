/**
 * A daemon with a home of its own.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import type { Ledger } from "../faults/Ledger.ts"
import { configText } from "./configText.ts"
import * as Daemon from "./Daemon.ts"
import type { Unit } from "./ordeals.ts"
import * as UnitOutput from "./UnitOutput.ts"

/** How a daemon differs from another. **Shape** Its config, its log and its files are in a directory of its own in `directory`. */
export interface UnitOptions {
  readonly directory: string
  readonly number: number
  readonly endpoint: string
  readonly output: UnitOutput.Kind
  /** As many as by default, unless told. */
  readonly workers?: number | undefined
  readonly ledger: Ledger
}

/** Starts it. */
export const startUnit = Effect.fnUntraced(function* (options: UnitOptions) {
  const name = `daemon-${options.number}`
  const home = join(options.directory, name)
  mkdirSync(home)
  const output =
    options.output === "file"
      ? UnitOutput.file(join(home, "events"), options.ledger)
      : yield* UnitOutput.logstash(options.ledger)
  const configFile = join(home, "s3beat.yml")
  const text = configText({
    identifier: `chaos${options.number}`,
    endpoint: options.endpoint,
    output: output.section,
    ...(options.workers === undefined ? undefined : { workers: options.workers })
  })
  // It holds keys.
  writeFileSync(configFile, text, { mode: 0o600 })
  const daemon = yield* Daemon.make({ name, configFile, logFile: join(home, "log") })
  const unit: Unit = { daemon, output, isBusy: false }
  return unit
})
