/**
 * S3 in memory: an `S3Reader` over objects that a test puts there, and the faults that it wishes for.
 */
import { createHash } from "node:crypto"
import { Clock, Context, Data, Duration, Effect, Layer, Stream } from "effect"
import type { Scope } from "effect"
import { type BodyFailure, resumableBody } from "../reader/resumableBody.ts"
import { type ObjectRef, show } from "../domain/ObjectRef.ts"
import { AccessDenied, CredentialsExpired, Unavailable } from "../domain/reasons.ts"
import { BodyInterrupted, BucketMissing, ObjectMissing, S3Reader, S3ReaderError } from "../reader/S3Reader.ts"
import * as retry from "../retry.ts"

/**
 * What goes wrong with an object, named by what happens on the wire. The reader deals with it as the port promises: it
 * retries `Unavailable`, and resumes a body that was cut.
 *
 * **Shape** `Unavailable`: the next `times` requests are not answered. `BodyCut`: the connection breaks once at each
 * offset. `BodyBroken`: it breaks there every time. The others: every open fails so, until `heal`.
 */
export type Fault = Data.TaggedEnum<{
  ObjectMissing: {}
  BucketMissing: {}
  AccessDenied: {}
  CredentialsExpired: {}
  Unavailable: { readonly times: number }
  BodyCut: { readonly at: ReadonlyArray<number> }
  BodyBroken: { readonly at: number }
}>

/** The faults, by name. */
export const Fault = Data.taggedEnum<Fault>()

/** Which object is meant: without `versionId`, the current version. */
export type ObjectAddress = Pick<ObjectRef, "bucket" | "key" | "versionId">

/** The far side of the in-memory reader: what a test puts there, breaks and counts. */
export class S3ReaderMemory extends Context.Service<
  S3ReaderMemory,
  {
    /** Stores the bytes, over what was there. Answers the ref that a notification would name, in `us-east-1`. */
    readonly put: (address: ObjectAddress, bytes: Uint8Array) => Effect.Effect<ObjectRef>
    /** Deletes the object. Its bucket stays. */
    readonly remove: (address: ObjectAddress) => Effect.Effect<void>
    /** From now on the object fails so; a second fault takes the place of the first. */
    readonly fail: (address: ObjectAddress, fault: Fault) => Effect.Effect<void>
    /** The object fails no more. */
    readonly heal: (address: ObjectAddress) => Effect.Effect<void>
    /** Every request takes so long. */
    readonly setLatency: (latency: Duration.Duration) => Effect.Effect<void>
    /** Bodies come in chunks of at most so many bytes. */
    readonly setChunkSize: (bytes: number) => Effect.Effect<void>
    /** The refs that were opened with success, in order. */
    readonly opened: Effect.Effect<ReadonlyArray<ObjectRef>>
    /** How many of them are open now. */
    readonly openNow: Effect.Effect<number>
  }
>()("s3beat/testing/S3ReaderMemory") {}

interface Stored {
  readonly bytes: Uint8Array
  readonly eTag: string
  readonly lastModified: number
}

const CHUNK_BYTES = 64 * 1024

const nameOf = (address: ObjectAddress) => JSON.stringify([address.bucket, address.key, address.versionId ?? null])

const currentOf = ({ bucket, key }: ObjectAddress): ObjectAddress => ({ bucket, key })

const make = Effect.sync(() => {
  const buckets = new Set<string>()
  const objects = new Map<string, Stored>()
  const faults = new Map<string, Fault>()
  const opened: Array<ObjectRef> = []
  let openNow = 0
  let strains = 0
  let latency = Duration.zero
  let chunkSize = CHUNK_BYTES

  const faultName = (ref: ObjectRef) => (faults.has(nameOf(ref)) ? nameOf(ref) : nameOf(currentOf(ref)))

  /** One request: what is stored there, or why it is not to be had. */
  const request = Effect.fnUntraced(function* (ref: ObjectRef): Effect.fn.Return<Stored, BodyFailure> {
    yield* Effect.sleep(latency)
    const fault = faults.get(faultName(ref))
    switch (fault?._tag) {
      case "ObjectMissing":
        return yield* new ObjectMissing({ detail: "NoSuchKey: no such key" })
      case "BucketMissing":
        return yield* new BucketMissing({ detail: "NoSuchBucket: no such bucket" })
      case "AccessDenied":
        return yield* new AccessDenied({ detail: "AccessDenied: refused (HTTP 403)" })
      case "CredentialsExpired":
        return yield* new CredentialsExpired({ detail: "ExpiredToken: the token has expired" })
      case "Unavailable":
        if (fault.times > 0) {
          strains++
          faults.set(faultName(ref), Fault.Unavailable({ times: fault.times - 1 }))
          return yield* new Unavailable({ detail: "SlowDown: reduce your request rate (HTTP 503)" })
        }
    }
    if (!buckets.has(ref.bucket)) return yield* new BucketMissing({ detail: "NoSuchBucket: no such bucket" })
    const stored = objects.get(nameOf(ref))
    return stored ?? (yield* new ObjectMissing({ detail: "NoSuchKey: no such key" }))
  })

  /** The bytes from `offset` on, up to the next place where the connection is to break. */
  const connection = (ref: ObjectRef, bytes: Uint8Array, offset: number): Stream.Stream<Uint8Array, Unavailable> =>
    Stream.suspend(() => {
      const end = breakAfter(ref, offset) ?? bytes.byteLength
      const starts = Array.from({ length: Math.ceil((end - offset) / chunkSize) }, (_, n) => offset + n * chunkSize)
      const chunks = Stream.fromIterable(starts).pipe(
        Stream.rechunk(1),
        Stream.map((start) => bytes.slice(start, Math.min(start + chunkSize, end)))
      )
      return end < bytes.byteLength
        ? Stream.concat(chunks, Stream.fail(new Unavailable({ detail: "ECONNRESET: the connection was reset" })))
        : chunks
    })

  const breakAfter = (ref: ObjectRef, offset: number): number | undefined => {
    const fault = faults.get(faultName(ref))
    if (fault?._tag === "BodyBroken") return Math.max(fault.at, offset)
    if (fault?._tag !== "BodyCut") return undefined
    const at = fault.at.find((at) => at >= offset)
    if (at !== undefined) faults.set(faultName(ref), Fault.BodyCut({ at: fault.at.filter((other) => other !== at) }))
    return at
  }

  const open = Effect.fn("S3Reader.open")(
    function* (ref: ObjectRef) {
      const stored = yield* request(ref).pipe(
        Effect.retry({ schedule: retry.awsCall, while: (failure) => failure._tag === "Unavailable" })
      )
      const completed: ObjectRef = { ...ref, eTag: stored.eTag, size: stored.bytes.byteLength }
      yield* hold(completed)
      return {
        ref: completed,
        lastModified: stored.lastModified,
        body: resumableBody({
          size: stored.bytes.byteLength,
          first: connection(ref, stored.bytes, 0),
          resume: (offset) =>
            Effect.filterOrFail(
              request(ref),
              (now) => now.eTag === stored.eTag,
              () => new BodyInterrupted({ detail: "the object was overwritten while it was read" })
            ).pipe(Effect.map((now) => connection(ref, now.bytes, offset)))
        }).pipe(Stream.mapError(failed(ref)))
      }
    },
    (effect, ref) => Effect.mapError(effect, failed(ref))
  )

  const hold = (ref: ObjectRef): Effect.Effect<void, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => {
        opened.push(ref)
        openNow += 1
      }),
      () => Effect.sync(() => void (openNow -= 1))
    )

  const put = Effect.fnUntraced(function* (address: ObjectAddress, bytes: Uint8Array) {
    const eTag = createHash("md5").update(bytes).digest("hex")
    const stored: Stored = { bytes, eTag, lastModified: yield* Clock.currentTimeMillis }
    buckets.add(address.bucket)
    objects.set(nameOf(address), stored).set(nameOf(currentOf(address)), stored)
    return { ...address, region: "us-east-1", eTag, size: bytes.byteLength }
  })

  return Context.make(S3Reader, { open, strains: Effect.sync(() => strains) }).pipe(
    Context.add(S3ReaderMemory, {
      put,
      remove: (address) => Effect.sync(() => void objects.delete(nameOf(address))),
      fail: (address, fault) => Effect.sync(() => void faults.set(nameOf(address), fault)),
      heal: (address) => Effect.sync(() => void faults.delete(nameOf(address))),
      setLatency: (value) => Effect.sync(() => void (latency = value)),
      setChunkSize: (bytes) => Effect.sync(() => void (chunkSize = bytes)),
      opened: Effect.sync(() => opened.slice()),
      openNow: Effect.sync(() => openNow)
    })
  )
})

const failed = (ref: ObjectRef) => (reason: BodyFailure) => new S3ReaderError({ object: show(ref), reason })

/** An `S3Reader` without S3, and its far side. */
export const layer: Layer.Layer<S3Reader | S3ReaderMemory> = Layer.effectContext(make)
