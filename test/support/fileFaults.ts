/**
 * What disks do, by name. Each fault holds until its scope closes, for every `FileHandle` of this process.
 */
import { open, type FileHandle } from "node:fs/promises"
import { tmpdir } from "node:os"
import { Deferred, Effect, type Scope } from "effect"

const systemError = (code: string) => Object.assign(new Error(`${code}: a fault of this test`), { code })

/** All handles share a prototype, which `node:fs/promises` does not export. */
const prototype: FileHandle = await (async () => {
  const handle = await open(tmpdir(), "r")
  await handle.close()
  return Object.getPrototypeOf(handle)
})()

interface Methods {
  readonly write: (
    handle: FileHandle,
    bytes: Uint8Array,
    at: number,
    length?: number
  ) => Promise<{ bytesWritten: number }>
  readonly datasync: (handle: FileHandle) => Promise<void>
  readonly truncate: (handle: FileHandle, length: number) => Promise<void>
}

/** The methods as they are now: a fault may stand on another one. */
const methods = (): Methods => {
  const { datasync, truncate, write } = prototype
  return {
    write: (handle, bytes, at, length) => Reflect.apply(write, handle, [bytes, at, length ?? bytes.byteLength - at]),
    datasync: (handle) => Reflect.apply(datasync, handle, []),
    truncate: (handle, length) => Reflect.apply(truncate, handle, [length])
  }
}

const methodOf = (by: Methods[keyof Methods]) =>
  function (this: FileHandle, ...args: ReadonlyArray<unknown>) {
    return Reflect.apply(by, undefined, [this, ...args])
  }

const replaced = <M extends keyof Methods>(method: M, by: Methods[M]) =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const original = Object.getOwnPropertyDescriptor(prototype, method) ?? {}
        Object.defineProperty(prototype, method, { value: methodOf(by), configurable: true, writable: true })
        return original
      }),
      (original) => Effect.sync(() => Object.defineProperty(prototype, method, original))
    )
  )

/** A write takes at most so many bytes. */
export const shortWrites = (most: number): Effect.Effect<void, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { write } = methods()
    return replaced("write", (handle, bytes, at) => write(handle, bytes, at, Math.min(most, bytes.byteLength - at)))
  })

/** A disk with so many bytes left, which takes what fits and then no more; `free` makes room. */
export const smallDisk = (
  room: number
): Effect.Effect<{ readonly free: (bytes: number) => void }, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { truncate, write } = methods()
    let left = room
    return replaced("write", async (handle, bytes, at) => {
      if (left <= 0) throw systemError("ENOSPC")
      const result = await write(handle, bytes, at, Math.min(left, bytes.byteLength - at))
      left -= result.bytesWritten
      return result
    }).pipe(
      Effect.andThen(
        replaced("truncate", async (handle, length) => {
          left += (await handle.stat()).size - length
          return truncate(handle, length)
        })
      ),
      Effect.as({ free: (bytes: number) => void (left += bytes) })
    )
  })

/** The next `times` calls of fsync report an I/O error. */
export const failingSyncs = (times: number): Effect.Effect<void, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { datasync } = methods()
    let left = times
    return replaced("datasync", async (handle) => {
      if (left-- > 0) throw systemError("EIO")
      return datasync(handle)
    })
  })

/** The next `times` calls of ftruncate report an I/O error. */
export const failingTruncates = (times: number): Effect.Effect<void, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { truncate } = methods()
    let left = times
    return replaced("truncate", async (handle, length) => {
      if (left-- > 0) throw systemError("EIO")
      return truncate(handle, length)
    })
  })

/** fsync takes as long as the test wishes: `begun` completes with the first call, which then waits for `finish`; all are counted. */
export const slowSync: Effect.Effect<
  { readonly begun: Effect.Effect<void>; readonly finish: Effect.Effect<void>; readonly count: () => number },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const { datasync } = methods()
  const begun = yield* Deferred.make<void>()
  const gate = Promise.withResolvers<void>()
  let count = 0
  yield* replaced("datasync", async (handle) => {
    count++
    Deferred.doneUnsafe(begun, Effect.void)
    await gate.promise
    return datasync(handle)
  })
  return { begun: Deferred.await(begun), finish: Effect.sync(() => gate.resolve()), count: () => count }
})
