/**
 * A daemon with a home of its own.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import * as OutputFiles from "../faults/OutputFiles.ts"
import { configText } from "./configText.ts"
import * as Daemon from "./Daemon.ts"
import type { Unit } from "./ordeals.ts"

/** Starts the `n`th daemon, with its config, its log and its events in `directory`. */
export const startUnit = Effect.fnUntraced(function* (directory: string, n: number, endpoint: string) {
  const home = join(directory, `daemon-${n}`)
  mkdirSync(home)
  const files = OutputFiles.make(join(home, "events"))
  const configFile = join(home, "s3beat.yml")
  const text = configText({ identifier: `chaos${n}`, endpoint, directory: files.directory })
  // It holds keys.
  writeFileSync(configFile, text, { mode: 0o600 })
  const daemon = yield* Daemon.make({ name: `daemon-${n}`, configFile, logFile: join(home, "log") })
  const unit: Unit = { daemon, files, isBusy: false }
  return unit
})
