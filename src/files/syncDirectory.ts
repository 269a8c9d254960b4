/**
 * Directories that survive a power cut.
 */
import { mkdir, open } from "node:fs/promises"
import { dirname } from "node:path"

/** For the user that runs s3beat and no one else: events hold whatever the logs do. */
const DIRECTORY_PERMISSIONS = 0o700

/** Returns when the names in the directory are on the disk: a file that is synced may still lose its name. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the directory, and those above it, if they are not there. */
export const makeDirectory = async (directory: string): Promise<void> => {
  const topmost = await mkdir(directory, { recursive: true, mode: DIRECTORY_PERMISSIONS })
  if (topmost === undefined) return
  for (let made = directory; made.length >= topmost.length; made = dirname(made)) await syncDirectory(dirname(made))
}
