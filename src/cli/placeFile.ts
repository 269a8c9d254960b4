/**
 * Files that are there whole or not at all, whatever happens meanwhile.
 */
import { randomUUID } from "node:crypto"
import { link, open, realpath, rename, rm } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { Data, Effect } from "effect"
import { codeOf } from "../files/codeOf.ts"
import { fileFailure } from "../output/fileFailure.ts"
import { syncDirectory } from "../files/syncDirectory.ts"

/** How a file is to lie there. */
export interface Placement {
  readonly mode: number
  /** Whose it is to be; without it, of whoever runs this. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** Whether it may take the place of a file that is there. */
  readonly replaces: boolean
}

/** The file was not written, and what was there before is as it was. **Shape** `isTaken` when something is there already. */
export class PlacementFailed extends Data.TaggedError("PlacementFailed")<{
  readonly message: string
  readonly isTaken: boolean
}> {}

/** While it is not yet what it shall be, it is nobody else's business: it may hold keys. */
const OWNER_ONLY = 0o600

/**
 * Writes the text as a new file beside the path and then gives it its name, on the disk before this returns.
 *
 * **Shape** Whether the file has the owner that it was to have: only root may give files away. Where the path is a symbolic link,
 * it stays one, and the file that it leads to is replaced.
 *
 * **Not promised** Extended attributes and access lists of a file that is replaced.
 */
export const placeFile = (path: string, text: string, placement: Placement): Effect.Effect<boolean, PlacementFailed> =>
  Effect.uninterruptible(
    Effect.tryPromise({
      try: () => place(path, text, placement),
      catch: (cause) =>
        new PlacementFailed({ message: fileFailure(path)(cause).detail, isTaken: codeOf(cause) === "EEXIST" })
    })
  )

const place = async (named: string, text: string, { mode, owner, replaces }: Placement): Promise<boolean> => {
  const path = replaces ? await realpath(named) : named
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  let isOwned = true
  try {
    const file = await open(temporary, "wx", OWNER_ONLY)
    try {
      await file.writeFile(text)
      if (owner !== undefined) {
        isOwned = await file.chown(owner.uid, owner.gid).then(
          () => true,
          () => false
        )
      }
      await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    // A rename takes the place of what is there; a link fails.
    await (replaces ? rename(temporary, path) : link(temporary, path))
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(dirname(path))
  return isOwned
}
