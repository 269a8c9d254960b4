/**
 * The redrive of `deadLetter.path`.
 *
 * A file is taken away from the daemon by renaming it, which then begins a new one (`DeadLetterFile.ts`). In the file that was
 * taken away a letter is marked with `#` as soon as it went back, so that a redrive which is killed repeats but a few; in the
 * end the file is removed, or written anew with what is left.
 */
import { type FileHandle, open, rename, stat, unlink } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { Clock, Effect, Exit } from "effect"
import { lines } from "../decode/lines.ts"
import { type RecordBatch, records } from "../domain/RecordBatch.ts"
import { codeOf } from "../files/codeOf.ts"
import { fileFailure } from "../output/fileFailure.ts"
import { lock } from "../files/fileLock.ts"
import { syncDirectory } from "../files/syncDirectory.ts"
import { fromLine } from "./DeadLetter.ts"
import { ACTIVE_FILE, listFiles, PERMISSIONS, takenName } from "./deadLetterFiles.ts"
import { type Redrive, RedriveError } from "./Redrive.ts"

/** Letters that are sent back before they are marked; a redrive that is killed repeats no more than these. */
const CHUNK_BYTES = 64 * 1024

/** Letters that are sent back at a time. */
const CONCURRENCY = 16

/** A longer line cannot be one of ours. */
const MAX_LINE_BYTES = 256 * 1024 * 1024

/** Takes the place of the brace with which a letter begins. */
const MARK = "#"

const ALREADY_BACK = Exit.succeed(true)

/**
 * Sends back what is selected of the letters in the directory.
 *
 * **Guarantee** A letter is marked, and later removed, only after it went back. What a daemon keeps meanwhile is not touched.
 *
 * **Errors** `RedriveError` when a file cannot be read or written, another redrive is at work there, or `redrive` fails.
 */
export const redriveFiles = Effect.fnUntraced(function* (directory: string, redrive: Redrive) {
  if (redrive.isDryRun) {
    const paths = yield* attempt(directory, () => listFiles(directory))
    return yield* Effect.forEach(paths, (path) => redriveFile(path, redrive), { discard: true })
  }
  yield* lock(join(directory, "redrive.lock")).pipe(
    Effect.mapError(() => new RedriveError({ detail: `another redrive is at work in ${directory}; wait for its end` }))
  )
  yield* takeActiveFile(directory)
  for (const path of yield* attempt(directory, () => listFiles(directory))) {
    if (basename(path) !== ACTIVE_FILE) yield* redriveFile(path, redrive)
  }
}, Effect.scoped)

const takeActiveFile = Effect.fnUntraced(function* (directory: string) {
  let serial = yield* Clock.currentTimeMillis
  yield* attempt(directory, async () => {
    const active = join(directory, ACTIVE_FILE)
    if (!(await isThere(active))) return
    // Nothing may be renamed over a file that is there, should the clock have gone back.
    while (await isThere(join(directory, takenName(serial)))) serial++
    await rename(active, join(directory, takenName(serial)))
    await syncDirectory(directory)
  })
})

const redriveFile = Effect.fnUntraced(function* (path: string, redrive: Redrive) {
  const file = yield* Effect.acquireRelease(
    attempt(path, () => open(path, redrive.isDryRun ? "r" : "r+")),
    (file) => Effect.ignore(attempt(path, () => file.close()))
  )
  let isAnyLeft = false
  let isAnyMarked = false

  const handleBatch = Effect.fnUntraced(function* (batch: RecordBatch) {
    const ends = yield* Effect.forEach(
      linesOf(batch),
      (text) => (isMarked(text) ? Effect.succeed(ALREADY_BACK) : Effect.exit(redrive.handle(fromLine(text)))),
      { concurrency: CONCURRENCY }
    )
    for (const [i, end] of ends.entries()) {
      const isBack = Exit.isSuccess(end) && end.value
      isAnyMarked ||= isBack
      isAnyLeft ||= !isBack
      if (!isBack || end === ALREADY_BACK) continue
      yield* attempt(path, () => file.write(MARK, batch.objectOffset + (batch.starts[i] ?? 0)))
    }
    if (isAnyMarked && !redrive.isDryRun) yield* attempt(path, () => file.datasync())
    // What went back is marked before the first failure is told.
    yield* Effect.forEach(ends, (end) => end, { discard: true })
  })

  yield* eachBatch(path, file, handleBatch)
  if (redrive.isDryRun) return
  if (isAnyLeft && !isAnyMarked) return
  yield* isAnyLeft ? writeAnew(path, file) : attempt(path, () => unlink(path))
  yield* attempt(path, () => syncDirectory(dirname(path)))
}, Effect.scoped)

/** Puts a file without the marked lines in the place of this one. */
const writeAnew = Effect.fnUntraced(function* (path: string, file: FileHandle) {
  const temporary = `${path}.new`
  const target = yield* Effect.acquireRelease(
    attempt(temporary, () => open(temporary, "w", PERMISSIONS)),
    (target) => Effect.ignore(attempt(temporary, () => target.close()))
  )
  yield* eachBatch(path, file, (batch) =>
    attempt(temporary, async () => {
      const left = linesOf(batch).filter((text) => !isMarked(text))
      await target.writeFile(left.map((text) => `${text}\n`).join(""))
    })
  )
  yield* attempt(temporary, () => target.sync())
  yield* attempt(path, () => rename(temporary, path))
})

/** Reads the file from its beginning, in batches of lines. */
const eachBatch = Effect.fnUntraced(function* <E>(
  path: string,
  file: FileHandle,
  handle: (batch: RecordBatch) => Effect.Effect<void, E>
): Effect.fn.Return<void, E | RedriveError> {
  const decoder = lines({ maxRecordBytes: MAX_LINE_BYTES })
  const whole = (batch: RecordBatch) =>
    batch.truncated === undefined
      ? handle(batch)
      : new RedriveError({ detail: `${path} has a line that is too long for a dead letter; remove it` })
  for (let at = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = yield* attempt(path, () => file.read(chunk, 0, chunk.byteLength, at))
    if (bytesRead === 0) break
    at += bytesRead
    yield* whole(decoder.push(chunk.subarray(0, bytesRead)))
  }
  yield* whole(decoder.end())
})

const linesOf = (batch: RecordBatch): ReadonlyArray<string> =>
  Array.from(records(batch), (line) => Buffer.from(line).toString())

const isMarked = (line: string): boolean => line.startsWith(MARK)

const attempt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, RedriveError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new RedriveError({ detail: fileFailure(path)(cause).detail }) })

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path)
    return true
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return false
    throw cause
  }
}
