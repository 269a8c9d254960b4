/**
 * Events as NDJSON in a file that is rotated by size.
 *
 * The active file is always `<filename>.ndjson`, so that it can be followed by name; `<filename>.1.ndjson` is the one
 * before it.
 */
import { constants } from "node:fs"
import { access, readdir, rename, rm } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { Effect, Layer, type Scope, ScopedRef } from "effect"
import { bytesOf, type EventBatch } from "../domain/EventBatch.ts"
import { type FileLocked, lock } from "../files/fileLock.ts"
import { makeDirectory } from "../files/syncDirectory.ts"
import * as ActiveFile from "./ActiveFile.ts"
import { fileFailure } from "./fileFailure.ts"
import { FileTurns } from "./FileTurns.ts"
import * as FileTurnsShared from "./FileTurnsShared.ts"
import * as GroupCommit from "./GroupCommit.ts"
import { Output, OutputError, OutputUnavailable } from "./Output.ts"
import * as rotation from "./rotation.ts"
import { PIECE_BYTES, piecesOf } from "./piecesOf.ts"

/** Where the files are, and how many, and how large. */
export interface FileOutputOptions {
  /** Made if it is not there. */
  readonly directory: string
  /** Without `.ndjson`, which is added. */
  readonly filename: string
  /** Bytes. What would make the file larger begins a new one; what is larger by itself has its own. */
  readonly rotateEveryBytes: number
  /** The active one counted, at least 1. The oldest past it is removed when the file is rotated. */
  readonly numberOfFiles: number
  /** The mode of new files, whatever the umask: `0o600`. */
  readonly permissions: number
}

/**
 * The output `file`.
 *
 * **Guarantee** What is published at once and acknowledged is on the disk (fdatasync), whole and in one file. A full disk, or any other failure
 * to write, leaves the file as it was. After a crash the unfinished line of a batch that was not acknowledged is cut off at
 * the next start; whole lines of it may stay, and come again with the same ids. A file that was renamed, deleted or
 * emptied under it, as logrotate does, is noticed before the next batch, which goes to the file that has the name then. A
 * restart appends. Only one s3beat of a machine writes these files.
 *
 * **Errors** The Layer fails with `OutputUnavailable` when the files cannot be written or another s3beat holds them.
 */
export const layer = (options: FileOutputOptions): Layer.Layer<Output, OutputError> =>
  Layer.provide(layerHolding(options), FileTurnsShared.layerAlone)

/** The same, for a process of which several threads write to the files: of the one that holds them for all. */
export const layerHolding = (options: FileOutputOptions): Layer.Layer<Output, OutputError, FileTurns> =>
  Layer.effect(Output, make(options, hold(pathOf(options))))

/** The same, of the other threads. They write while the first one holds the files. */
export const layerSharing = (options: FileOutputOptions): Layer.Layer<Output, OutputError, FileTurns> =>
  Layer.effect(Output, make(options, Effect.void))

const pathOf = ({ directory, filename }: FileOutputOptions) => join(resolve(directory), rotation.nameOf(filename, 0))

/** Keeps other processes away. */
const hold = (path: string) =>
  Effect.mapError(
    lock(`${path}.lock`),
    ({ path }: FileLocked) =>
      new OutputUnavailable({
        detail: `another s3beat writes these files and holds ${path}; give each its own directory or filename`
      })
  )

/** Enough to fill a group while the one before it is written. */
const CONCURRENCY = 8

/** What is written together at most, with one fdatasync: each costs as much as to write a megabyte, and lets nobody wait for long. */
const GROUP_BYTES = 16 * 1024 * 1024

type Batches = ReadonlyArray<EventBatch>

interface Place {
  readonly file: ActiveFile.ActiveFile
  readonly room: number
}

const make = Effect.fnUntraced(
  function* (options: FileOutputOptions, hold: Effect.Effect<void, OutputUnavailable, Scope.Scope>) {
    const turns = yield* FileTurns
    const path = pathOf(options)
    const directory = dirname(path)
    const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: fileFailure(directory) })

    const openActive = Effect.andThen(
      attempt(() => makeDirectory(directory)),
      ActiveFile.open(path, options.permissions, turns.undo)
    )

    yield* attempt(() => makeDirectory(directory))
    // Rotation will need it: better to fail now than when the first file is full.
    yield* attempt(() => access(directory, constants.W_OK | constants.X_OK))
    yield* hold
    const active = yield* turns.during(ScopedRef.fromAcquire(openActive))
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)

    const rotate = attempt(async () => {
      const { removals, renames } = rotation.plan(await readdir(directory), options.filename, options.numberOfFiles)
      for (const { from, to } of renames) await rename(join(directory, from), join(directory, to))
      for (const name of removals) await rm(join(directory, name), { force: true })
    })

    /** The length of the file that has the name now, whoever gave it to it. */
    const activeLength: Effect.Effect<number, OutputUnavailable> = Effect.gen(function* () {
      const length = yield* (yield* ScopedRef.get(active)).length
      if (length !== undefined) return length
      yield* ScopedRef.set(active, openActive)
      return yield* activeLength
    })

    /** The file that is to be written to, and how much it still takes. */
    const fileFor = Effect.fnUntraced(function* (size: number): Effect.fn.Return<Place, OutputUnavailable> {
      const length = yield* activeLength
      const isFull = length > 0 && length + size > options.rotateEveryBytes
      if (isFull) {
        yield* rotate
        yield* ScopedRef.set(active, openActive)
      }
      return { file: yield* ScopedRef.get(active), room: options.rotateEveryBytes - (isFull ? 0 : length) }
    })

    const groups = yield* GroupCommit.make(
      bytesOf,
      Effect.fnUntraced(function* (first: Batches, take): Effect.fn.Return<void, OutputUnavailable> {
        const { file, room } = yield* fileFor(bytesOf(first))
        yield* file.append(piecesOf(take(Math.min(room, GROUP_BYTES)).flat(), buffer))
      }, turns.during)
    )

    return Output.of({
      name: "file",
      concurrency: CONCURRENCY,
      publish: (batches) => Effect.mapError(groups.commit(batches), failed)
    })
  },
  (effect) => Effect.mapError(effect, failed)
)

const failed = (reason: OutputUnavailable) => new OutputError({ output: "file", reason })
