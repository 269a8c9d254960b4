/**
 * S3 over HTTP, by the AWS SDK's own rules.
 */
import { Effect, Layer, Stream } from "effect"
import type { Scope } from "effect"
import { Credentials, type Identity } from "../credentials/Credentials.ts"
import { type ObjectRef, show } from "../domain/ObjectRef.ts"
import { Unavailable } from "../domain/reasons.ts"
import { BodyInterrupted, type S3Object, S3Reader, S3ReaderError } from "../reader/S3Reader.ts"
import * as retry from "../retry.ts"
import * as GetObject from "./getObject.ts"
import * as Deadlines from "./Deadlines.ts"
import { IDLE_LIMIT, readableBody, wholeBody } from "./readableBody.ts"
import { type BodyFailure, resumableBody } from "../reader/resumableBody.ts"
import { type Denial, deniedToAll } from "./s3Failure.ts"

const make = Effect.fnUntraced(function* (options: GetObject.S3Options) {
  const credentials = yield* Credentials
  const getObject = yield* GetObject.make(options)
  const idle = yield* Deadlines.make(IDLE_LIMIT)
  let strains = 0
  const countStrain = Effect.sync(() => void strains++)

  /** The answer to one request, or to those that follow when S3 cannot answer it now. */
  const ask = (ref: ObjectRef, identity: Identity): Effect.Effect<GetObject.Answer, BodyFailure, Scope.Scope> => {
    return Effect.flatMap(getObject(ref, identity), (answer) => whole(ref, answer)).pipe(
      Effect.tapError((failure) => (failure._tag === "Unavailable" ? countStrain : Effect.void)),
      retry.whenFailed({ schedule: retry.awsCall, while: ({ _tag }: BodyFailure) => _tag === "Unavailable" })
    )
  }

  /** The answer to the first of these identities that is not refused. */
  const openAs = (
    ref: ObjectRef,
    [identity, ...others]: ReadonlyArray<Identity>,
    denials: ReadonlyArray<Denial>
  ): Effect.Effect<Opened, BodyFailure, Scope.Scope> => {
    if (identity === undefined) return Effect.fail(deniedToAll(denials, ref))
    return Effect.matchEffect(ask(ref, identity), {
      onFailure: (failure) =>
        failure._tag === "AccessDenied"
          ? openAs(ref, others, [...denials, { identity, detail: failure.detail }])
          : Effect.fail(failure),
      onSuccess: (answer) => {
        const opened = Effect.succeed({ answer, identity })
        return denials.length === 0 ? opened : Effect.andThen(credentials.remember(ref.bucket, identity), opened)
      }
    })
  }

  /** The rest of the same content, from `offset` on. */
  const resume = Effect.fnUntraced(function* (ref: ObjectRef, { answer, identity }: Opened, offset: number) {
    const { eTag } = answer
    if (eTag === undefined) return yield* new BodyInterrupted({ detail: "cut off, and without an ETag to resume by" })
    const rest = yield* getObject(ref, identity, { offset, eTag })
    // Services that are merely compatible with S3 may ignore If-Match or Range, and would splice what must not be spliced.
    if (rest.eTag !== eTag) return yield* new BodyInterrupted({ detail: "overwritten while it was read" })
    if (rest.range?.startsWith(`bytes ${offset}-`) !== true) {
      return yield* new BodyInterrupted({ detail: `cut off, and not resumed at byte ${offset} as was asked` })
    }
    // S3 has a checksum of the whole, which is compared at its end, over however many connections it came.
    return readableBody({ body: rest.body, checksum: answer.checksum }, idle)
  })

  const bodyOf = (ref: ObjectRef, opened: Opened): S3Object["body"] =>
    Stream.suspend(() =>
      Stream.mapError(
        resumableBody({
          size: opened.answer.size,
          first: readableBody(opened.answer, idle),
          resume: (offset) => resume(ref, opened, offset)
        }),
        failed(ref)
      )
    )

  // Without a span: with its two contexts it would cost as much as the request.
  const open = (ref: ObjectRef) =>
    openAs(ref, credentials.forBucket(ref.bucket), []).pipe(
      Effect.flatMap((opened) =>
        Effect.map(wholeBody(opened.answer), (bytes): S3Object => ({
          ref: complete(ref, opened.answer),
          lastModified: opened.answer.lastModified,
          body: bytes === undefined ? bodyOf(ref, opened) : Stream.succeed(bytes),
          bytes
        }))
      ),
      Effect.mapError(failed(ref))
    )

  return S3Reader.of({ open, strains: Effect.sync(() => strains) })
})

/**
 * Fails when S3 announces another length than the notification told of the same content: without a checksum, a length that is too
 * short is all that a body can be held against, and the end of the object would be lost without a trace.
 */
const whole = ({ eTag, size }: ObjectRef, answer: GetObject.Answer): Effect.Effect<GetObject.Answer, Unavailable> =>
  size === undefined || answer.size === undefined || answer.size === size || unquoted(answer.eTag ?? "") !== eTag
    ? Effect.succeed(answer)
    : Effect.suspend(() => {
        // The next request may need its connection.
        answer.body.close()
        return Effect.fail(new Unavailable({ detail: `S3 announced ${answer.size} bytes of an object of ${size}` }))
      })

const unquoted = (eTag: string) => eTag.replaceAll('"', "")

/** An answer, and whom it was given to: the body is resumed as the same one. */
interface Opened {
  readonly answer: GetObject.Answer
  readonly identity: Identity
}

const failed = (ref: ObjectRef) => (reason: BodyFailure) => new S3ReaderError({ object: show(ref), reason })

const complete = (ref: ObjectRef, answer: GetObject.Answer): ObjectRef => {
  const { eTag = ref.eTag, versionId = ref.versionId } = answer
  return {
    bucket: ref.bucket,
    key: ref.key,
    region: answer.region,
    // "null" is the version of everything written while versioning is suspended: it does not tell one content from the next.
    ...(versionId === undefined || versionId === "null" ? undefined : { versionId }),
    ...(eTag === undefined ? undefined : { eTag: unquoted(eTag) }),
    ...(answer.size === undefined ? undefined : { size: answer.size })
  }
}

/**
 * Reads from S3, as the identities that `Credentials` names for each bucket.
 *
 * **Guarantee** One client per identity and region, closed with the Layer. `ExpectedBucketOwner` is sent whenever the
 * identity's account is known. The SDK tries once: every retry is one of `retry.ts`.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export const layer = (options: GetObject.S3Options = {}): Layer.Layer<S3Reader, never, Credentials> =>
  Layer.effect(S3Reader, make(options))
