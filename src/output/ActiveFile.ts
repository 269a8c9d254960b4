/**
 * The file that events are appended to: whole lines or nothing, on the disk before it says so.
 */
import type { BigIntStats } from "node:fs"
import { type FileHandle, open as openHandle, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, type Scope } from "effect"
import { codeOf } from "../files/codeOf.ts"
import { syncDirectory } from "../files/syncDirectory.ts"
import { fileFailure } from "./fileFailure.ts"
import { OutputUnavailable } from "./Output.ts"
import * as UndoRecord from "./UndoRecord.ts"

/** An open file. Only to be used when it is one's turn. */
export interface ActiveFile {
  /** Its length in bytes; undefined once it was renamed away or deleted, and a new file must be opened. */
  readonly length: Effect.Effect<number | undefined, OutputUnavailable>

  /**
   * Appends whole lines, in pieces cut anywhere, and returns when the disk has them. A piece is asked for when the one before it is written.
   *
   * **Guarantee** After a failure the file is as it was before: at once if the disk lets us, else before anything else is
   * appended. Not to be interrupted.
   */
  readonly append: (pieces: Iterable<Uint8Array>) => Effect.Effect<void, OutputUnavailable>
}

const NEWLINE = 0x0a

const TAIL_CHUNK_BYTES = 64 * 1024

/**
 * Opens the file at `path`, which is made with `permissions` if it is not there.
 *
 * **Shape** `undo` is that of all who append to the file.
 *
 * **Guarantee** What a crash left of a line that it cut off is gone: its events were not acknowledged.
 */
export const open = Effect.fnUntraced(function* (
  path: string,
  permissions: number,
  undo: UndoRecord.UndoRecord
): Effect.fn.Return<ActiveFile, OutputUnavailable, Scope.Scope> {
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: fileFailure(path) })

  const { handle, isNew } = yield* Effect.acquireRelease(
    attempt(() => openOrMake(path, permissions)),
    ({ handle }) => Effect.ignore(attempt(() => handle.close()))
  )
  if (isNew) {
    // The mode given to open() is narrowed by the umask; what the config says is meant.
    yield* attempt(() => handle.chmod(permissions))
    yield* attempt(() => syncDirectory(dirname(path)))
  }
  const identity = yield* attempt(() => handle.stat({ bigint: true }))
  if (!identity.isFile()) {
    return yield* new OutputUnavailable({ detail: `${path} cannot be written: it is not a regular file` })
  }

  // A new file may have the inode of one that was deleted.
  if (isNew) UndoRecord.clear(undo)
  const rollBack = Effect.suspend(() => {
    const end = UndoRecord.lengthOf(undo, identity.ino)
    if (end === undefined) return Effect.void
    return attempt(async () => {
      // Somebody may have emptied the file meanwhile: truncate would then make it longer, with a hole.
      if ((await handle.stat()).size > end) await handle.truncate(end)
      UndoRecord.clear(undo)
    })
  })

  yield* rollBack
  const end = yield* attempt(() => endOfLastLine(handle, Number(identity.size)))
  if (end < Number(identity.size)) {
    yield* attempt(() => handle.truncate(end))
    yield* attempt(() => handle.sync())
    yield* Effect.logWarning(
      `Cut ${Number(identity.size) - end} bytes of an unfinished line off ${path}: its event was not acknowledged and comes again.`
    )
  }

  /** What `length` answered, while nothing was appended since: to ask again costs as much as to write. */
  let knownLength: number | undefined

  const append = Effect.fnUntraced(
    function* (pieces: Iterable<Uint8Array>) {
      yield* rollBack
      UndoRecord.begin(undo, identity.ino, knownLength ?? (yield* attempt(() => handle.stat())).size)
      knownLength = undefined
      yield* attempt(async () => {
        for (const piece of pieces) await writeWhole(handle, piece)
        await handle.datasync()
      })
      UndoRecord.clear(undo)
    },
    // When fsync fails the kernel may drop what it could not write and report it only once: nothing but writing it all
    // again makes it safe.
    Effect.tapError(() => Effect.ignore(rollBack))
  )

  const length = Effect.andThen(
    rollBack,
    attempt(async () => {
      const there = await statOf(path)
      const isSame = there !== undefined && there.ino === identity.ino && there.dev === identity.dev
      knownLength = isSame ? Number(there.size) : undefined
      return knownLength
    })
  )

  return { append, length }
})

const openOrMake = async (path: string, permissions: number) => {
  try {
    return { handle: await openHandle(path, "ax+", permissions), isNew: true }
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause
    return { handle: await openHandle(path, "a+", permissions), isNew: false }
  }
}

const statOf = async (path: string): Promise<BigIntStats | undefined> => {
  try {
    return await stat(path, { bigint: true })
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined
    throw cause
  }
}

/** A write may take less than it was given, as when the disk is all but full: the next one then says why. */
const writeWhole = async (handle: FileHandle, bytes: Uint8Array) => {
  for (let at = 0; at < bytes.byteLength;) {
    at += (await handle.write(bytes, at)).bytesWritten
  }
}

const endOfLastLine = async (handle: FileHandle, size: number) => {
  const chunk = Buffer.allocUnsafe(Math.min(size, TAIL_CHUNK_BYTES))
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - chunk.byteLength)
    const { bytesRead } = await handle.read(chunk, 0, end - start, start)
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE)
    if (newline >= 0) return start + newline + 1
    end = start
  }
  return 0
}
