/**
 * Dead letters in a file, one line of JSON each.
 */
import { constants } from "node:fs"
import { access } from "node:fs/promises"
import { join, resolve } from "node:path"
import { Effect, Layer, Semaphore } from "effect"
import * as ActiveFile from "../output/ActiveFile.ts"
import { fileFailure } from "../output/fileFailure.ts"
import * as UndoRecord from "../output/UndoRecord.ts"
import { type FileLocked, lock } from "../files/fileLock.ts"
import { makeDirectory } from "../files/syncDirectory.ts"
import { toLine } from "./DeadLetter.ts"
import { ACTIVE_FILE, PERMISSIONS, totalSize } from "./deadLetterFiles.ts"
import { DeadLetters, type DeadLettersError, unavailable } from "./DeadLetters.ts"

/** Where the file is, and how much it may hold. */
export interface DeadLetterFileOptions {
  /** Made if it is not there. */
  readonly directory: string
  /** Bytes of all dead letters in the directory. */
  readonly maxBytes: number
}

/**
 * The destination that `deadLetter.path` names.
 *
 * **Guarantee** A letter that was kept is on the disk (fdatasync), whole, in a file that only its owner may read, and is
 * deleted by nobody but a redrive that has sent it back. A full disk, or any other failure to write, leaves the file as it
 * was. A redrive may take the file away at any time.
 *
 * **Errors** `keep` fails when the letters would be more than `maxBytes`: what nobody has looked at is not overwritten. The
 * Layer fails when the directory cannot be written or another s3beat holds it.
 */
export const layer = (options: DeadLetterFileOptions): Layer.Layer<DeadLetters, DeadLettersError> =>
  Layer.effect(DeadLetters, make(options))

const make = Effect.fnUntraced(
  function* (options: DeadLetterFileOptions) {
    const directory = resolve(options.directory)
    const path = join(directory, ACTIVE_FILE)
    const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: fileFailure(directory) })

    yield* attempt(() => makeDirectory(directory))
    // Better to fail now than when the first message is rejected.
    yield* attempt(() => access(directory, constants.W_OK | constants.X_OK))
    yield* Effect.mapError(lock(`${path}.lock`), heldByAnother)
    const oneAtATime = yield* Semaphore.make(1)
    const undo = UndoRecord.make()

    const makeRoom = Effect.fnUntraced(function* (bytes: number) {
      if ((yield* attempt(() => totalSize(directory))) + bytes <= options.maxBytes) return
      return yield* unavailable(
        `${directory} holds as much as deadLetter.maxKeptBytes allows; run s3beat redrive, remove what is not needed, or raise it`
      )
    })

    /** Answers whether the file was still in its place when the disk had the lines. */
    const appendOnce = Effect.fnUntraced(function* (lines: Uint8Array) {
      const file = yield* ActiveFile.open(path, PERMISSIONS, undo)
      yield* file.append([lines])
      return (yield* file.length) !== undefined
    }, Effect.scoped)

    const append = Effect.fnUntraced(function* (lines: Uint8Array) {
      yield* attempt(() => makeDirectory(directory))
      yield* makeRoom(lines.byteLength)
      // A redrive that took the file away meanwhile may have read it already: what came too late goes to the next file.
      while (!(yield* appendOnce(lines)));
    }, Effect.uninterruptible)

    return DeadLetters.of({
      name: directory,
      keep: (letters) =>
        letters.length === 0
          ? Effect.void
          : Effect.suspend(() =>
              append(Buffer.from(letters.map((letter) => `${toLine(letter)}\n`).join(""))).pipe(
                oneAtATime.withPermit,
                Effect.catchTag("OutputUnavailable", ({ detail }) => Effect.fail(unavailable(detail)))
              )
            )
    })
  },
  (effect) => Effect.catchTag(effect, "OutputUnavailable", ({ detail }) => Effect.fail(unavailable(detail)))
)

const heldByAnother = ({ path }: FileLocked) =>
  unavailable(`another s3beat writes these files and holds ${path}; give each its own directory`)
