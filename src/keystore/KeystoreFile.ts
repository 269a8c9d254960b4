/**
 * The file of a keystore: who may read it, and how it changes.
 */
import { constants } from "node:fs"
import { access, type FileHandle, open as openHandle, readFile, realpath, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, type Redacted, Result, Schema } from "effect"
import { codeOf } from "../files/codeOf.ts"
import { lock } from "../files/fileLock.ts"
import { syncDirectory } from "../files/syncDirectory.ts"
import { lockedKeystore } from "../retry.ts"
import * as Sealed from "./SealedKeystore.ts"

/**
 * The keystore cannot be used, or not like that.
 *
 * **Shape** `message` is one line with the path: what is wrong, and what to do. No value and no passphrase is ever in it.
 */
export class KeystoreError extends Schema.TaggedError<KeystoreError>()("KeystoreError", {
  path: Schema.String,
  reason: Schema.Literals([
    "Missing",
    "Exists",
    "Exposed",
    "Unreadable",
    "Unwritable",
    "Foreign",
    "Newer",
    "Damaged",
    "TooCostly",
    "WrongPassphrase",
    "Full",
    "Busy"
  ]),
  detail: Schema.String
}) {
  override get message() {
    return `${this.path}: ${this.detail}`
  }
}

/** A keystore as it was read. **Shape** `names` as the file tells them; only `open` proves them. */
export interface KeystoreFile {
  readonly path: string
  readonly names: ReadonlyArray<string>
  readonly bytes: Uint8Array
}

/** No keystore is larger. **Units** Bytes. */
export const MAX_BYTES = 1024 * 1024

/**
 * Reads the file.
 *
 * **Errors** `Missing`; `Exposed` when others than its owner may read or write it, as Beats refuse it; `Unreadable`; and, by
 * what stands in it, `Foreign`, `Newer` or `Damaged`.
 */
export const read = (path: string): Effect.Effect<KeystoreFile, KeystoreError> =>
  Effect.gen(function* () {
    const bytes = yield* Effect.acquireUseRelease(
      // Whoever puts a pipe in the place of the file must not make s3beat wait for ever.
      attempt(path, "Unreadable", () => openHandle(path, constants.O_RDONLY | constants.O_NONBLOCK)),
      (handle) => readBytes(path, handle),
      (handle) => Effect.promise(() => handle.close())
    )
    const names = yield* Effect.fromResult(Result.mapError(Sealed.names(bytes), (fault) => fail(path, fault)))
    return { path, names, bytes }
  })

/** The entries. **Errors** `WrongPassphrase`, `TooCostly` or `Damaged`. */
export const open = (
  { bytes, path }: KeystoreFile,
  passphrase: Redacted.Redacted
): Effect.Effect<Sealed.Entries, KeystoreError> =>
  Effect.suspend(() =>
    Effect.fromResult(Result.mapError(Sealed.unseal(bytes, passphrase), (fault) => fail(path, fault)))
  )

/**
 * Makes an empty keystore, mode 0600, under the passphrase that is asked for once it is known that it may be made.
 *
 * **Errors** `Exists`, unless it may `replace` what is there; those of the passphrase; `Unwritable` and `Busy` as `change`.
 */
export const create = <E, R>(
  path: string,
  passphrase: Effect.Effect<Redacted.Redacted, E, R>,
  { cost, replace }: { readonly replace: boolean; readonly cost?: Sealed.KeyCost }
): Effect.Effect<void, KeystoreError | E, R> =>
  alone(path, (target) =>
    Effect.gen(function* () {
      const before = yield* bytesAt(path, target)
      if (before !== undefined && !replace) return yield* fail(path, "Exists")
      yield* write(path, target, before, Sealed.seal(new Map(), yield* passphrase, cost))
    })
  )

/**
 * Replaces the entries by what `edit` makes of them.
 *
 * **Guarantee** The file is the old one or the new one, whole, whenever the power fails. Of two processes that change it at
 * the same time one waits for the other, so that nothing that either has written is lost.
 *
 * **Errors** Those of `read` and `open`; those of the passphrase and of `edit`, which leave everything as it was; `Full`;
 * `Unwritable`; `Busy` when another process does not come to its end in time.
 */
export const change = <E, R>(
  path: string,
  passphrase: Effect.Effect<Redacted.Redacted, E, R>,
  edit: (entries: Sealed.Entries) => Effect.Effect<Sealed.Entries, E, R>,
  { cost }: { readonly cost?: Sealed.KeyCost } = {}
): Effect.Effect<void, KeystoreError | E, R> =>
  alone(path, (target) =>
    Effect.gen(function* () {
      const file = yield* read(path)
      const key = yield* passphrase
      const entries = yield* edit(yield* open(file, key))
      yield* write(path, target, file.bytes, Sealed.seal(entries, key, cost))
    })
  )

/** Under the lock, with the file that the path leads to: a link to a keystore stays one. */
const alone = <E, R>(path: string, use: (target: string) => Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const target = yield* Effect.promise(() => realpath(path).catch(() => path))
    yield* attempt(path, "Unwritable", () => access(dirname(target), constants.W_OK))
    yield* Effect.mapError(Effect.retry(lock(`${target}.lock`), lockedKeystore), () => fail(path, "Busy"))
    return yield* use(target)
  }).pipe(Effect.scoped)

const readBytes = (path: string, handle: FileHandle) =>
  Effect.gen(function* () {
    const stat = yield* attempt(path, "Unreadable", () => handle.stat())
    if (!stat.isFile() || stat.size > MAX_BYTES) return yield* fail(path, "Foreign")
    if ((stat.mode & OTHERS) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, "0")
      return yield* failWith(path, "Exposed", `others may use it (mode ${mode}); run chmod 600 ${path}`)
    }
    return yield* attempt(path, "Unreadable", () => handle.readFile())
  })

/** `before` is what the file was when it was read: where there is no lock, this is what notices another writer. */
const write = (path: string, target: string, before: Uint8Array | undefined, bytes: Uint8Array) =>
  Effect.gen(function* () {
    if (bytes.length > MAX_BYTES) return yield* fail(path, "Full")
    const next = `${target}.new`
    const discard = Effect.promise(() => rm(next, { force: true }))
    // Of a process that died while it wrote.
    yield* discard
    yield* attempt(path, "Unwritable", async () => {
      const handle = await openHandle(next, "wx", MODE)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }).pipe(Effect.tapError(() => discard))
    const now = yield* bytesAt(path, target)
    if (now === undefined ? before !== undefined : before === undefined || !now.equals(before)) {
      yield* discard
      return yield* fail(path, "Busy")
    }
    yield* attempt(path, "Unwritable", async () => {
      await rename(next, target)
      await syncDirectory(dirname(target))
    })
  }).pipe(Effect.uninterruptible)

const bytesAt = (path: string, target: string): Effect.Effect<Buffer | undefined, KeystoreError> =>
  attempt(path, "Unreadable", () => readFile(target)).pipe(
    Effect.catchIf(
      (error) => error.reason === "Missing",
      () => Effect.undefined
    )
  )

const MODE = 0o600
const OTHERS = 0o077

const attempt = <A>(path: string, reason: "Unreadable" | "Unwritable", run: () => Promise<A>) =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => {
      const code = codeOf(cause)
      if (code === "ENOENT" && reason === "Unreadable") return fail(path, "Missing")
      const why = (code === undefined ? undefined : MEANINGS[code]) ?? code ?? "the system does not say why"
      return failWith(path, reason, `cannot be ${reason === "Unreadable" ? "read" : "written"}: ${why}`)
    }
  })

/** **Source** errno(3) */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: "permission denied; check its owner and mode, and those of its directory",
  EDQUOT: "the disk quota is used up; raise it, or remove files",
  ENOENT: "there is no such directory; make it first",
  ENOSPC: "the disk is full; free some space",
  ENOTDIR: "a part of the path is a file where a directory is needed",
  EISDIR: "it is a directory; name a file",
  ENXIO: "it is no file; name another",
  EROFS: "the file system is read-only"
}

const DETAILS = {
  Missing: "there is no such keystore; make one with s3beat keystore create",
  Exists: "there is a keystore already; --force replaces it by an empty one, and its values are lost",
  Foreign: "is no keystore of s3beat; name another with --keystore or keystore.path",
  Newer: "was written by a later version of s3beat; use that",
  Damaged:
    "is damaged: cut off, or changed since it was written; restore it, or replace it with s3beat keystore create --force",
  TooCostly: "asks for more memory or work than any keystore that s3beat writes; restore it from where you trust it",
  WrongPassphrase: "the passphrase is wrong, or somebody without it has changed the keystore",
  Full: `would become larger than ${MAX_BYTES} bytes; remove what is not used any more`,
  Busy: "another process is changing the keystore; nothing was changed, try again"
} as const

const fail = (path: string, reason: keyof typeof DETAILS) => failWith(path, reason, DETAILS[reason])

const failWith = (path: string, reason: KeystoreError["reason"], detail: string) =>
  new KeystoreError({ path, reason, detail })
