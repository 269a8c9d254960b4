/**
 * What the file system's error codes mean to the person who has to do something about them.
 */
import { codeOf } from "../files/codeOf.ts"
import { OutputUnavailable } from "./Output.ts"

/** **Source** errno(3): the codes that open, write, fsync and rename are known to fail with. */
const meanings: Readonly<Record<string, string>> = {
  EACCES: "permission denied; give the user that s3beat runs as the right to write there, or choose another directory",
  EDQUOT: "the disk quota is used up; raise it, or remove files",
  EEXIST: "a part of the path is a file where a directory is needed; choose another directory",
  EFBIG: "the system allows no larger files; rotate at a smaller size, or raise the limit (ulimit -f)",
  EIO: "the disk reports an error; check its health",
  EISDIR: "it is a directory; choose another filename",
  EMFILE: "too many files are open; raise the limit (ulimit -n)",
  ENOSPC: "the disk is full; free some space",
  ENOTDIR: "a part of the path is a file where a directory is needed; choose another directory",
  EPERM:
    "the system forbids it; give the user that s3beat runs as the right to write there, or choose another directory",
  EROFS: "the file system is read-only; mount it writable, or choose another directory"
}

/** Why `path` could not be written, and what to do about it, in one line. */
export const fileFailure =
  (path: string) =>
  (cause: unknown): OutputUnavailable => {
    const code = codeOf(cause)
    const meaning = code === undefined ? undefined : meanings[code]
    const why = meaning === undefined ? String(cause instanceof Error ? cause.message : cause) : `${meaning} (${code})`
    return new OutputUnavailable({ detail: `${path} cannot be written: ${why}` })
  }
