/**
 * One GetObject as one identity, in the region where the bucket really is.
 */
import { Clock, Duration, Effect, Predicate, Scope } from "effect"
import type { CredentialsError, Identity } from "../credentials/Credentials.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import * as AwsClients from "./AwsClients.ts"
import { type AwsFailure, fromUnknown, noAnswer } from "./awsFailure.ts"
import * as BodyChecksum from "./BodyChecksum.ts"
import * as Deadlines from "./Deadlines.ts"
import type { HttpAnswer, HttpBody, HttpHeaders } from "./HttpExchange.ts"
import * as Remembered from "./Remembered.ts"
import * as S3Requests from "./S3Requests.ts"
import type { BodyFailure } from "../reader/resumableBody.ts"
import { s3Failure } from "./s3Failure.ts"

/** How long S3 may take to begin its answer. */
export const ANSWER_LIMIT = Duration.seconds(30)

/** Buckets whose true region is remembered, because their notifications name another one. */
const REMEMBERED_REGIONS = 1000

/**
 * How S3 is reached.
 *
 * **Shape** `endpoint` is a URL, for services that are compatible with S3; most of them need `forcePathStyle`. `maxSockets` bounds
 * the connections per identity and region; without it there are as many as there are open objects. A bound below that
 * makes opens wait, and fail after `ANSWER_LIMIT`.
 */
export interface S3Options {
  readonly endpoint?: string | undefined
  readonly forcePathStyle?: boolean
  readonly maxSockets?: number
}

/** Where to go on, and in which content: the object must not have changed. */
export interface Continuation {
  readonly offset: number
  readonly eTag: string
}

/** What S3 answered. `body` is let go of with the scope. `eTag` is as S3 sends it, in quotes. */
export interface Answer {
  readonly body: HttpBody
  readonly checksum: BodyChecksum.BodyChecksum | undefined
  readonly region: string
  readonly eTag: string | undefined
  readonly versionId: string | undefined
  readonly size: number | undefined
  readonly lastModified: number | undefined
  readonly range: string | undefined
}

/**
 * One request, one attempt (but for a token that has expired, and for a bucket in another region than the ref says: both
 * are put right once).
 */
export type GetObject = (
  ref: ObjectRef,
  identity: Identity,
  from?: Continuation
) => Effect.Effect<Answer, BodyFailure, Scope.Scope>

/**
 * A `GetObject` over clients of its own, which are closed with the scope.
 */
export const make: (options: S3Options) => Effect.Effect<GetObject, never, Scope.Scope> = Effect.fnUntraced(
  function* (options) {
    const clock = yield* Clock.Clock
    const answers = yield* Deadlines.make(ANSWER_LIMIT)
    const regions = Remembered.make<string>(REMEMBERED_REGIONS)
    const clients = yield* AwsClients.make<S3Requests.S3Requests>({
      make: (config) =>
        S3Requests.make({ ...config, ...clientConfig(options) }, options.maxSockets ?? Number.POSITIVE_INFINITY),
      close: (client) => client.close()
    })

    return (ref, identity, from) => {
      const input = inputOf(ref, identity, from)
      const sendTo = (region: string) =>
        Effect.map(
          clients.run(identity, region, (client, keys) =>
            Effect.flatMap(exchangeOf(client), (exchange) =>
              answers.within({
                try: () => client.get(exchange, input, keys, clock.currentTimeMillisUnsafe()),
                catch: fromUnknown,
                late: () => noAnswer(ANSWER_LIMIT),
                giveUp: () => exchange.close()
              })
            )
          ),
          (answer) => answerOf(answer, region, from)
        )
      const failed = (failure: AwsFailure | CredentialsError) => Effect.fail(s3Failure(failure, ref))
      return Effect.suspend(() =>
        Effect.catch(sendTo(regions.of(ref.bucket) ?? ref.region), (failure) =>
          isElsewhere(failure)
            ? Effect.catch(sendTo(regions.remember(ref.bucket, failure.region)), failed)
            : failed(failure)
        )
      )
    }
  }
)

/** The scope's hold on a connection: from before it is asked for, and even when nobody waits for the answer any more. */
const exchangeOf = (client: S3Requests.S3Requests) =>
  Effect.flatMap(Effect.scope, (scope) => {
    const exchange = client.exchange()
    return Effect.as(
      Scope.addFinalizer(
        scope,
        Effect.sync(() => exchange.close())
      ),
      exchange
    )
  })

const answerOf = ({ body, headers }: HttpAnswer, region: string, from: Continuation | undefined): Answer => {
  const size = textOf(headers, "content-length")
  const lastModified = Date.parse(textOf(headers, "last-modified") ?? "")
  return {
    body,
    // Of a part S3 tells none, or that of the whole.
    checksum: from === undefined ? BodyChecksum.ofAnswer(headers) : undefined,
    region,
    eTag: textOf(headers, "etag"),
    versionId: textOf(headers, "x-amz-version-id"),
    size: size === undefined ? undefined : Number(size),
    lastModified: Number.isNaN(lastModified) ? undefined : lastModified,
    range: textOf(headers, "content-range")
  }
}

/** S3 sends each of them once. */
const textOf = (headers: HttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Predicate.isString(value) ? value : value?.[0]
}

/** How clients of S3 are made. */
export const clientConfig = ({ endpoint, forcePathStyle, maxSockets }: S3Options) => ({
  ...(endpoint === undefined ? undefined : { endpoint }),
  ...(forcePathStyle === undefined ? undefined : { forcePathStyle }),
  requestHandler: {
    httpAgent: { maxSockets: maxSockets ?? Infinity },
    httpsAgent: { maxSockets: maxSockets ?? Infinity }
  },
  // Checksums are asked for and compared here, without the stream that the SDK lays around a body.
  responseChecksumValidation: "WHEN_REQUIRED" as const
})

const inputOf = (ref: ObjectRef, identity: Identity, from: Continuation | undefined): S3Requests.Input => ({
  Bucket: ref.bucket,
  Key: ref.key,
  VersionId: ref.versionId,
  ExpectedBucketOwner: identity.accountId,
  ...(from === undefined ? { ChecksumMode: "ENABLED" } : { Range: `bytes=${from.offset}-`, IfMatch: from.eTag })
})

/** A bucket that AWS says is in another region than the one that was asked. */
export const isElsewhere = (
  failure: AwsFailure | CredentialsError
): failure is AwsFailure & { readonly region: string } =>
  failure._tag === "AwsFailure" &&
  failure.region !== undefined &&
  (failure.code === "AuthorizationHeaderMalformed" || [301, 302, 307, 308].includes(failure.status ?? 0))
