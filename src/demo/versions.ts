/**
 * The versions of the objects in buckets that keep them. fauxqs overwrites: each version is copied to a bucket beside it.
 */
import { randomBytes } from "node:crypto"
import { Effect } from "effect"
import type { ObjectStore, StoredAt } from "./ObjectStore.ts"

/** The bucket beside it, which no request reaches by name: the world has no such bucket. */
export const versionsOf = (bucket: string): string => `${bucket}--versions`

/** Where a version is kept. */
export const storedVersion = ({ bucket, key }: StoredAt, versionId: string): StoredAt => ({
  bucket: versionsOf(bucket),
  key: `${versionId}/${key}`
})

/** Keeps what the object is now as a new version, and answers its id. */
export const keepVersion = Effect.fnUntraced(function* (objects: Pick<ObjectStore, "copy">, object: StoredAt) {
  const versionId = randomBytes(24).toString("base64url")
  yield* objects.copy(object, storedVersion(object, versionId))
  return versionId
})
