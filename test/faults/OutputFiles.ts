/**
 * The directory that a daemon writes its events to, what can happen to one, and what stands there in the end.
 */
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"

/** The files of one daemon. */
export interface OutputFiles {
  readonly directory: string
  /** A file stands where the directory was, as after a mount that failed. */
  readonly block: Effect.Effect<void>
  readonly unblock: Effect.Effect<void>
  /** The active file is renamed away under the daemon. */
  readonly takeAway: Effect.Effect<void>
  /** The bytes of the active file. */
  readonly activeBytes: Effect.Effect<number>
  /** Whether the end of the active file holds this text. */
  readonly endHolds: (text: string) => Effect.Effect<boolean>
  /** Every whole line of every file, in no order. */
  readonly eachLine: (onLine: (line: string) => void) => Effect.Effect<void>
}

/** How much is meant by the end of a file. */
const END_BYTES = 1024 * 1024

/** The files in this directory, which need not be there yet. */
export const make = (directory: string): OutputFiles => {
  const away = `${directory}.away`
  const active = join(directory, "events.ndjson")
  /** Directories that stand beside it, because there was another one when they were to come back. */
  const besides: Array<string> = []
  let taken = 0

  const setAside = (path: string) => {
    const beside = `${away}-${besides.length}`
    if (renamed(path, beside)) besides.push(beside)
  }

  const endHolds = async (text: string) => {
    // It may be rotated away at any moment.
    const handle = await open(active).catch(() => undefined)
    if (handle === undefined) return false
    try {
      const { size } = await handle.stat()
      const length = Math.min(size, END_BYTES)
      const { buffer } = await handle.read({ buffer: Buffer.alloc(length), position: size - length })
      return buffer.includes(text)
    } finally {
      await handle.close()
    }
  }

  return {
    directory,
    block: Effect.sync(() => {
      renamed(directory, away)
      // The daemon may make a new one in the meantime.
      while (!written(directory)) setAside(directory)
    }),
    unblock: Effect.sync(() => {
      if (existsSync(directory) && statSync(directory).isFile()) rmSync(directory)
      // The daemon tries again and again, and may have made a new one by now: what it has from before stays where it is.
      if (existsSync(away) && !renamed(away, directory)) setAside(away)
      mkdirSync(directory, { recursive: true })
    }),
    takeAway: Effect.sync(() => {
      renamed(active, join(directory, `taken-${++taken}.ndjson`))
    }),
    activeBytes: Effect.sync(() => statSync(active, { throwIfNoEntry: false })?.size ?? 0),
    endHolds: (text) => Effect.promise(() => endHolds(text)),
    eachLine: (onLine) =>
      Effect.promise(async () => {
        for (const home of [directory, ...besides]) {
          for (const name of readdirSync(home)) {
            if (name.endsWith(".ndjson")) await eachLineOf(join(home, name), onLine)
          }
        }
      })
  }
}

/** Whether it could be renamed: it may be gone by now, or the other name taken. */
const renamed = (from: string, to: string): boolean => {
  try {
    renameSync(from, to)
    return true
  } catch {
    return false
  }
}

const written = (path: string): boolean => {
  try {
    writeFileSync(path, "in the way")
    return true
  } catch {
    return false
  }
}

/** What a kill left of a line is not one. */
const eachLineOf = async (path: string, onLine: (line: string) => void) => {
  let rest = ""
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = `${rest}${chunk}`.split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) onLine(line)
  }
}
