/**
 * The files of a directory of dead letters.
 *
 * `dead-letters.ndjson` is what a daemon appends to. A redrive takes it away by renaming it to `dead-letters-<number>.ndjson`,
 * and there leaves what it does not send back.
 */
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { codeOf } from "../files/codeOf.ts"

/** The file that a daemon appends to. */
export const ACTIVE_FILE = "dead-letters.ndjson"

/** The name of a file that a redrive has taken away. */
export const takenName = (serial: number): string => `dead-letters-${serial}.ndjson`

/** The mode of every such file: dead letters hold whatever the logs do. */
export const PERMISSIONS = 0o600

/** The paths of the files that hold dead letters, the oldest first. */
export const listFiles = async (directory: string): Promise<ReadonlyArray<string>> => {
  const names = (await readdir(directory)).filter((name) => /^dead-letters(?:-\d+)?\.ndjson$/u.test(name))
  return names.toSorted((a, b) => serialOf(a) - serialOf(b)).map((name) => join(directory, name))
}

/** How much the directory holds. **Units** Bytes. */
export const totalSize = async (directory: string): Promise<number> => {
  const sizes = await Promise.all((await listFiles(directory)).map(sizeOf))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** A redrive may take the file away at any time. */
const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return 0
    throw cause
  }
}

const serialOf = (name: string): number => (name === ACTIVE_FILE ? Infinity : Number(/\d+/u.exec(name)?.[0]))
