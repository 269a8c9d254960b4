/**
 * What there is to know of a bucket, over the AWS SDK.
 */
import { GetBucketNotificationConfigurationCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3"
import { Duration, Effect, Layer } from "effect"
import { BucketInspector, type BucketRef, OwnedByOther } from "../check/BucketInspector.ts"
import type { Identity } from "../credentials/Credentials.ts"
import { Unavailable } from "../domain/reasons.ts"
import * as AwsClients from "./AwsClients.ts"
import * as GetObject from "./getObject.ts"
import { s3Failure } from "./s3Failure.ts"

/** As many keys as one page has: the first may be none that s3beat reads. */
const KEYS = 1000

const make = Effect.fnUntraced(function* (options: GetObject.S3Options) {
  const getObject = yield* GetObject.make(options)
  const clients = yield* AwsClients.make<S3Client>({
    make: (config) => new S3Client({ ...config, ...GetObject.clientConfig(options) }),
    close: (client) => client.destroy()
  })

  /** One request where the bucket is, and which region that is. */
  const send = <A>({ name, region }: BucketRef, identity: Identity, request: Parameters<typeof clients.call<A>>[2]) => {
    const sendTo = (region: string) =>
      Effect.map(clients.call(identity, region, request), (answer) => ({ answer, region }))
    return sendTo(region).pipe(
      Effect.catchIf(GetObject.isElsewhere, (failure) => sendTo(failure.region)),
      Effect.mapError((failure) => s3Failure(failure, { bucket: name, key: "", region })),
      Effect.timeoutOrElse({
        duration: GetObject.ANSWER_LIMIT,
        orElse: () =>
          Effect.fail(new Unavailable({ detail: `no answer within ${Duration.format(GetObject.ANSWER_LIMIT)}` }))
      })
    )
  }

  const listAs = (bucket: BucketRef, identity: Identity, owner: string | undefined) => {
    const command = new ListObjectsV2Command({
      Bucket: bucket.name,
      MaxKeys: KEYS,
      ...(owner === undefined ? undefined : { ExpectedBucketOwner: owner })
    })
    return send(bucket, identity, (client, http) => client.send(command, http)).pipe(
      Effect.map(({ answer: { Contents = [] }, region }) => ({
        region,
        keys: Contents.flatMap(({ Key, Size = 0 }) => (Key === undefined || Size === 0 ? [] : [Key]))
      }))
    )
  }

  return BucketInspector.of({
    list: (bucket, identity) =>
      listAs(bucket, identity, identity.accountId).pipe(
        // S3 does not say which it was: a missing permission, or another owner than the one that was expected.
        Effect.catchIf(
          (reason) => reason._tag === "AccessDenied" && identity.accountId !== undefined,
          (denied) =>
            Effect.matchEffect(listAs(bucket, identity, undefined), {
              onFailure: () => Effect.fail(denied),
              onSuccess: () =>
                Effect.fail(
                  new OwnedByOther({ detail: `the bucket belongs to another account than ${identity.accountId}` })
                )
            })
        )
      ),
    open: (object, identity) => Effect.scoped(Effect.asVoid(getObject(object, identity))),
    notified: (bucket, identity) => {
      const command = new GetBucketNotificationConfigurationCommand({ Bucket: bucket.name })
      return send(bucket, identity, (client, http) => client.send(command, http)).pipe(
        Effect.map(({ answer }) => ({
          queueArns: (answer.QueueConfigurations ?? []).flatMap(({ QueueArn }) => QueueArn ?? []),
          hasOther: (answer.TopicConfigurations ?? []).length > 0 || answer.EventBridgeConfiguration !== undefined
        }))
      )
    }
  })
})

/**
 * Buckets, looked at as whoever is asked for.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export const layer = (options: GetObject.S3Options = {}): Layer.Layer<BucketInspector> =>
  Layer.effect(BucketInspector, make(options))
