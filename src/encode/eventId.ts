/**
 * The identity of an event: the same record of the same object has the same id, whoever reads it and how often.
 */
import { hash } from "node:crypto"
import type { ObjectRef } from "../domain/ObjectRef.ts"

/** 120 bits: among 10^15 objects, two share a prefix with a chance of less than 10^-6. */
const PREFIX_CHARS = 20

/** Offsets have at least this many digits, so that ids of one object sort as its records stand. */
export const OFFSET_DIGITS = 12

/**
 * The part of the id that all events of one object share; the record's offset, in `OFFSET_DIGITS` digits, follows it.
 *
 * **Guarantee** Another bucket, key or content has another prefix: content is told by the version, else by the ETag. Where S3
 * gives neither, an overwritten object repeats its ids.
 */
export const objectIdPrefix = ({ bucket, eTag, key, versionId }: ObjectRef): string => {
  const identity = JSON.stringify([bucket, key, versionId ?? null, versionId === undefined ? (eTag ?? null) : null])
  return `${hash("sha256", identity, "base64url").slice(0, PREFIX_CHARS)}-`
}
