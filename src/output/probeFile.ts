/**
 * Whether files could be written in a directory, without writing any.
 */
import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { Effect } from "effect"
import { fileFailure } from "./fileFailure.ts"
import type { OutputUnavailable } from "./Output.ts"

/**
 * Looks at the directory or, where it is yet to be made, at the nearest one that is there. Answers what is so, in a line.
 *
 * **Errors** `OutputUnavailable`, in the words that the output itself would use.
 *
 * **Not promised** That there is space left, and that no other s3beat writes there.
 */
export const probeFile = (directory: string): Effect.Effect<string, OutputUnavailable> => {
  const path = resolve(directory)
  return Effect.tryPromise({
    try: async () => {
      const nearest = await nearestExisting(path)
      // A file in the way is no place for files.
      await access(`${nearest}/.`, constants.W_OK | constants.X_OK)
      return nearest === path ? "can be written" : `is not there, and can be made in ${nearest}`
    },
    catch: fileFailure(path)
  })
}

const nearestExisting = async (path: string): Promise<string> => {
  try {
    await stat(path)
    return path
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT"
    if (!isMissing || dirname(path) === path) throw cause
    return nearestExisting(dirname(path))
  }
}
