/**
 * The port to what there is to know of a bucket, as one identity.
 */
import type { Effect } from "effect"
import { Context, Schema } from "effect"
import type { Identity } from "../credentials/Credentials.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { S3ReaderError } from "../reader/S3Reader.ts"

/** The bucket is not of the account of the identity that reads it. */
export class OwnedByOther extends Schema.TaggedError<OwnedByOther>()("OwnedByOther", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** A bucket, by name; `region` is where it is thought to be, and may be wrong. */
export interface BucketRef {
  readonly name: string
  readonly region: string
}

/** Some of the keys of a bucket, and where it really is. */
export interface ListedBucket {
  readonly region: string
  readonly keys: ReadonlyArray<string>
}

/** Whom a bucket tells of new objects. **Shape** `hasOther`: through topics, functions or an event bus as well. */
export interface Notified {
  readonly queueArns: ReadonlyArray<string>
  readonly hasOther: boolean
}

type Reason = S3ReaderError["reason"]

/** S3, as the checks need it. Each call is one attempt, in the region where the bucket really is. */
export class BucketInspector extends Context.Service<
  BucketInspector,
  {
    /** Lists the first keys, of the bucket that belongs to the identity's account where that is known. */
    readonly list: (bucket: BucketRef, identity: Identity) => Effect.Effect<ListedBucket, Reason | OwnedByOther>

    /** Opens the object as the daemon would, and reads nothing of it. */
    readonly open: (object: ObjectRef, identity: Identity) => Effect.Effect<void, Reason>

    /** Asks whom the bucket tells; a permission that s3beat can do without. */
    readonly notified: (bucket: BucketRef, identity: Identity) => Effect.Effect<Notified, Reason>
  }
>()("s3beat/check/BucketInspector") {}
