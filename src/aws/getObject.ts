/**
 * One GetObject as one identity, in the region where the bucket really is.
 */
import { Readable } from "node:stream"
import { GetObjectCommand, type GetObjectCommandInput, type GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3"
import { Duration, Effect } from "effect"
import type { Scope } from "effect"
import type { CredentialsError, Identity } from "../credentials/Credentials.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { Unavailable } from "../domain/reasons.ts"
import * as AwsClients from "./AwsClients.ts"
import type { AwsFailure } from "./awsFailure.ts"
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

/** What S3 answered. `readable` is destroyed with the scope. `eTag` is as S3 sends it, in quotes. */
export interface Answer {
  readonly readable: Readable
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
    const clients = yield* AwsClients.make<S3Client>({
      make: (config) => new S3Client({ ...config, ...clientConfig(options) }),
      close: (client) => client.destroy()
    })
    const regions = new Map<string, string>()

    const rememberRegion = (bucket: string, region: string) => {
      regions.delete(bucket)
      regions.set(bucket, region)
      const [oldest] = regions.keys()
      if (regions.size > REMEMBERED_REGIONS && oldest !== undefined) regions.delete(oldest)
    }

    return (ref, identity, from) => {
      const send = Effect.fnUntraced(function* (region: string) {
        const connection = yield* makeConnection
        const output = yield* clients.call(identity, region, (client, { abortSignal }) =>
          client.send(new GetObjectCommand(inputOf(ref, identity, from)), { abortSignal }).then(connection.take)
        )
        return { ...output, region }
      })
      return Effect.suspend(() => send(regions.get(ref.bucket) ?? ref.region)).pipe(
        Effect.catchIf(isElsewhere, (failure) => {
          rememberRegion(ref.bucket, failure.region)
          return send(failure.region)
        }),
        Effect.mapError((failure) => s3Failure(failure, ref)),
        Effect.timeoutOrElse({ duration: ANSWER_LIMIT, orElse: noAnswer })
      )
    }
  }
)

const noAnswer = () => Effect.fail(new Unavailable({ detail: `no answer within ${Duration.format(ANSWER_LIMIT)}` }))

/** How clients of S3 are made. */
export const clientConfig = ({ endpoint, forcePathStyle, maxSockets }: S3Options) => ({
  ...(endpoint === undefined ? undefined : { endpoint }),
  ...(forcePathStyle === undefined ? undefined : { forcePathStyle }),
  requestHandler: {
    httpAgent: { maxSockets: maxSockets ?? Infinity },
    httpsAgent: { maxSockets: maxSockets ?? Infinity }
  },
  // Checksums are asked for request by request: a part of an object has none that the SDK could compare.
  responseChecksumValidation: "WHEN_REQUIRED" as const
})

const inputOf = (ref: ObjectRef, identity: Identity, from: Continuation | undefined): GetObjectCommandInput => ({
  Bucket: ref.bucket,
  Key: ref.key,
  ...(ref.versionId === undefined ? undefined : { VersionId: ref.versionId }),
  ...(identity.accountId === undefined ? undefined : { ExpectedBucketOwner: identity.accountId }),
  ...(from === undefined ? { ChecksumMode: "ENABLED" } : { Range: `bytes=${from.offset}-`, IfMatch: from.eTag })
})

/** A bucket that AWS says is in another region than the one that was asked. */
export const isElsewhere = (
  failure: AwsFailure | CredentialsError
): failure is AwsFailure & { readonly region: string } =>
  failure._tag === "AwsFailure" &&
  failure.region !== undefined &&
  (failure.code === "AuthorizationHeaderMalformed" || [301, 302, 307, 308].includes(failure.status ?? 0))

/**
 * The scope's hold on the body of an answer: from the moment that the answer is there, even when nobody waits for it any
 * more.
 */
const makeConnection = Effect.acquireRelease(
  Effect.sync(() => {
    let readable: Readable | undefined
    let isClosed = false
    return {
      take: (output: GetObjectCommandOutput): Omit<Answer, "region"> => {
        if (!(output.Body instanceof Readable)) throw new Error("S3 answered without a body")
        readable = output.Body
        // An error before the first pull would have no listener, and end the process.
        readable.on("error", () => {})
        if (isClosed) readable.destroy()
        return {
          readable,
          eTag: output.ETag,
          versionId: output.VersionId,
          size: output.ContentLength,
          lastModified: output.LastModified?.getTime(),
          range: output.ContentRange
        }
      },
      close: () => {
        isClosed = true
        readable?.destroy()
      }
    }
  }),
  (connection) => Effect.sync(connection.close)
)
