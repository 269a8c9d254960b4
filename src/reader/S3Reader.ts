/**
 * The port to S3: open an object as a stream of bytes.
 */
import type { Effect, Scope, Stream } from "effect"
import { Context, Schema } from "effect"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { AccessDenied, CredentialsExpired, Unavailable } from "../domain/reasons.ts"

/**
 * An open object.
 *
 * **Shape** `body` can be run once, in chunks of any size, none empty. `bytes` are all of it, where they came along with the answer, as
 * those of a small object do. `ref` is the ref that was asked for, completed by what S3 says (ETag, version, size).
 *
 * **Units** `size` of `ref` in bytes as stored; `lastModified` in milliseconds since the epoch.
 *
 * **Errors** `body` fails with `BodyInterrupted` only after resuming was tried, or when its bytes are not those that S3 has a checksum of;
 * where they came along, that shows as the object is opened.
 */
export interface S3Object {
  readonly ref: ObjectRef
  readonly lastModified: number | undefined
  readonly body: Stream.Stream<Uint8Array, S3ReaderError>
  readonly bytes?: Uint8Array | undefined
}

/** The key or the version is not there (404). */
export class ObjectMissing extends Schema.TaggedError<ObjectMissing>()("ObjectMissing", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The bucket is not there (404). */
export class BucketMissing extends Schema.TaggedError<BucketMissing>()("BucketMissing", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The body was cut off midway, and resuming it failed as well; or the object was overwritten meanwhile. */
export class BodyInterrupted extends Schema.TaggedError<BodyInterrupted>()("BodyInterrupted", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/**
 * The object could not be read.
 *
 * **Errors** What the adapter could mend it has tried already: the next role on `AccessDenied`, one refresh on
 * `CredentialsExpired`, backoff on `Unavailable`, resuming on a cut body. What becomes of the message is in
 * `pipeline/disposition.ts`.
 */
export class S3ReaderError extends Schema.TaggedError<S3ReaderError>()("S3ReaderError", {
  object: Schema.String,
  reason: Schema.Union([ObjectMissing, BucketMissing, AccessDenied, CredentialsExpired, Unavailable, BodyInterrupted])
}) {
  override get message() {
    return `${this.object}: ${this.reason.detail}`
  }
}

/** S3, as the pipeline needs it. */
export class S3Reader extends Context.Service<
  S3Reader,
  {
    /**
     * Opens the object in its bucket's own region, as the first identity that may read it.
     *
     * **Guarantee** Closing the scope frees the connection, whether or not `body` was read to its end. An object that
     * changes while it is read fails; two versions are never mixed.
     */
    readonly open: (ref: ObjectRef) => Effect.Effect<S3Object, S3ReaderError, Scope.Scope>

    /** How many requests S3 has throttled, failed or left unanswered so far, those counted that went well when tried again. */
    readonly strains: Effect.Effect<number>
  }
>()("s3beat/reader/S3Reader") {}
