/**
 * The embedded AWS refuses what AWS refuses, in AWS's words: otherwise nothing that is proved on it would be worth much.
 */
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient
} from "@aws-sdk/client-sqs"
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Predicate, Result } from "effect"
import { accountA, accountB, cast, QUEUE } from "../../src/demo/accounts.ts"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const KMS_KEY = "arn:aws:kms:us-east-1:111111111111:key/1"

/** A as in the demo, with an encrypted bucket, and one bucket for each way of telling of new objects. */
const production = {
  ...accountA,
  buckets: [
    ...accountA.buckets,
    { name: "prod-logs-kms", region: "us-east-1", kmsKey: KMS_KEY },
    ...(["sns", "eventbridge"] as const).map((format) => ({
      name: `by-${format}`,
      region: "us-east-1",
      notifies: { queueArn: cast.queueArn, format }
    }))
  ],
  roles: accountA.roles.map((role) =>
    Object.assign({}, role, {
      policy: [...role.policy, { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::prod-logs-kms/*"] }]
    })
  )
}

const world = EmbeddedAws.layer({ accounts: [production, accountB] })

const closing = <Client extends { readonly destroy: () => void }>(client: Client) =>
  Effect.acquireRelease(Effect.succeed(client), () => Effect.sync(() => client.destroy()))

const clients = Effect.fnUntraced(function* (credentials: Keys, region = "us-east-1") {
  const { endpoint } = yield* EmbeddedAws.EmbeddedAws
  const options = { endpoint, region, credentials, maxAttempts: 1 }
  return {
    s3: yield* closing(new S3Client({ ...options, forcePathStyle: true })),
    sqs: yield* closing(new SQSClient(options)),
    sts: yield* closing(new STSClient(options))
  }
})

/** The name of the error that the call ends with. */
const refusal = (call: () => Promise<unknown>) =>
  Effect.promise(async () => {
    try {
      await call()
    } catch (error) {
      return Predicate.hasProperty(error, "name") ? String(error.name) : String(error)
    }
    return "none"
  })

const assume = (more: Record<string, unknown> = {}) =>
  new AssumeRoleCommand({
    RoleArn: cast.roleArn,
    RoleSessionName: "s3beat-test",
    DurationSeconds: 3600,
    ExternalId: cast.externalId,
    ...more
  })

const sessionKeys = Effect.gen(function* () {
  const { sts } = yield* clients(cast.beat)
  const { Credentials } = yield* Effect.promise(() => sts.send(assume()))
  return {
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken ?? ""
  }
})

const get = (Key = "k", Bucket = "prod-logs", more = {}) => new GetObjectCommand({ Bucket, Key, ...more })

layer(world, { timeout: 20_000, excludeTestServices: true })("the embedded AWS", (it) => {
  it.effect("knows who signs, and refuses keys that are unknown or wrong", () =>
    Effect.gen(function* () {
      const { s3, sts } = yield* clients(cast.beat)
      const { Account, Arn } = yield* Effect.promise(() => sts.send(new GetCallerIdentityCommand({})))
      assert.deepStrictEqual([Account, Arn], [accountB.id, cast.beatArn])
      assert.strictEqual(yield* refusal(() => s3.send(get())), "AccessDenied")
      const unknown = yield* clients({ accessKeyId: "AKIANOBODY", secretAccessKey: "x" })
      assert.strictEqual(yield* refusal(() => unknown.s3.send(get())), "InvalidAccessKeyId")
      assert.strictEqual(yield* refusal(() => unknown.sts.send(assume())), "InvalidClientTokenId")
      const wrong = yield* clients({ ...cast.beat, secretAccessKey: "wrong" })
      assert.strictEqual(yield* refusal(() => wrong.s3.send(get())), "SignatureDoesNotMatch")
      assert.strictEqual(yield* refusal(() => wrong.sts.send(assume())), "SignatureDoesNotMatch")
    }).pipe(Effect.scoped)
  )

  it.effect("assumes a role only for whom it trusts, with its external id, for no longer than its maximum", () =>
    Effect.gen(function* () {
      const { sts } = yield* clients(cast.beat)
      const stranger = yield* clients(cast.uploader)
      assert.strictEqual(yield* refusal(() => stranger.sts.send(assume())), "AccessDenied")
      assert.strictEqual(yield* refusal(() => sts.send(assume({ ExternalId: "guess" }))), "AccessDenied")
      assert.strictEqual(yield* refusal(() => sts.send(assume({ RoleArn: `${cast.roleArn}-none` }))), "AccessDenied")
      assert.strictEqual(yield* refusal(() => sts.send(assume({ DurationSeconds: 7200 }))), "ValidationError")
      assert.strictEqual(yield* refusal(() => sts.send(assume({ DurationSeconds: 60 }))), "ValidationError")
      const { sts: asRole } = yield* clients(yield* sessionKeys)
      const { Arn } = yield* Effect.promise(() => asRole.send(new GetCallerIdentityCommand({})))
      assert.strictEqual(Arn, "arn:aws:sts::111111111111:assumed-role/s3beat-reader/s3beat-test")
    }).pipe(Effect.scoped)
  )

  it.effect("opens account A to the role and not to account B's own identity, whatever B allows it", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws.EmbeddedAws
      yield* aws.putObject("prod-logs", "k", Buffer.from("log"))
      const base = yield* clients(cast.beat)
      assert.strictEqual(yield* refusal(() => base.s3.send(get())), "AccessDenied")
      const role = yield* clients(yield* sessionKeys)
      const { Body } = yield* Effect.promise(() =>
        role.s3.send(get("k", "prod-logs", { ExpectedBucketOwner: "111111111111" }))
      )
      assert.strictEqual(yield* Effect.promise(() => Body?.transformToString() ?? Promise.resolve("")), "log")
    }).pipe(Effect.scoped)
  )

  it.effect("tells another owner, another region, a missing key and a missing bucket as S3 does", () =>
    Effect.gen(function* () {
      const { s3 } = yield* clients(yield* sessionKeys)
      const owner = { ExpectedBucketOwner: "333333333333" }
      assert.strictEqual(yield* refusal(() => s3.send(get("k", "prod-logs", owner))), "AccessDenied")
      assert.strictEqual(yield* refusal(() => s3.send(get("k", "prod-logs-eu"))), "AuthorizationHeaderMalformed")
      assert.strictEqual(yield* refusal(() => s3.send(get("none"))), "NoSuchKey")
      assert.strictEqual(yield* refusal(() => s3.send(get("k", "nowhere"))), "NoSuchBucket")
      assert.strictEqual(yield* refusal(() => s3.send(get("k", "prod-logs-kms"))), "AccessDenied")
      assert.strictEqual(yield* refusal(() => s3.send(new HeadBucketCommand({ Bucket: "prod-logs" }))), "none")
    }).pipe(Effect.scoped)
  )

  it.effect("a session that was revoked, or whose token is forged, is refused", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws.EmbeddedAws
      const keys = yield* sessionKeys
      const forged = yield* clients({ ...keys, sessionToken: "forged" })
      assert.strictEqual(yield* refusal(() => forged.s3.send(get())), "InvalidToken")
      yield* aws.revokeSessions(cast.roleArn)
      const { s3, sts } = yield* clients(keys)
      assert.strictEqual(yield* refusal(() => s3.send(get())), "ExpiredToken")
      assert.strictEqual(yield* refusal(() => sts.send(new GetCallerIdentityCommand({}))), "ExpiredToken")
    }).pipe(Effect.scoped)
  )

  it.effect("a bucket tells its queue of a new object, in each of S3's ways", () =>
    Effect.gen(function* () {
      const uploader = yield* clients(cast.uploader)
      const { sqs } = yield* clients(cast.beat)
      const { QueueUrl } = yield* Effect.promise(() => sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE })))
      const receive = Effect.promise(() =>
        sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }))
      )
      yield* receive
      const Key = "a b+c/ü 日.gz"
      for (const Bucket of ["prod-logs", "by-sns", "by-eventbridge"]) {
        yield* Effect.promise(() => uploader.s3.send(new PutObjectCommand({ Bucket, Key, Body: "log" })))
      }
      const { Messages = [] } = yield* receive
      const objects = Messages.flatMap(({ Body = "" }) => Result.getOrThrow(parseNotification(Body)).objects)
      assert.deepStrictEqual(objects.map(({ bucket }) => bucket).toSorted(), ["by-eventbridge", "by-sns", "prod-logs"])
      for (const object of objects) {
        assert.strictEqual(object.key, Key)
        assert.strictEqual(object.size, 3)
        assert.match(object.eTag ?? "", /^[0-9a-f]{32}$/u)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("queues are their account's, and each call needs its permission", () =>
    Effect.gen(function* () {
      const { sqs } = yield* clients(cast.beat)
      const { QueueUrl } = yield* Effect.promise(() => sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE })))
      assert.match(QueueUrl ?? "", /\/222222222222\/s3beat-events$/u)
      const { Attributes } = yield* Effect.promise(() =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }))
      )
      assert.strictEqual(Attributes?.["QueueArn"], cast.queueArn)
      assert.include(Attributes?.["RedrivePolicy"] ?? "", "222222222222:s3beat-events-dlq")
      const stranger = yield* clients(cast.uploader)
      const receive = new ReceiveMessageCommand({ QueueUrl })
      assert.strictEqual(yield* refusal(() => stranger.sqs.send(receive)), "AccessDenied")
      assert.strictEqual(
        yield* refusal(() => sqs.send(new GetQueueUrlCommand({ QueueName: `${QUEUE}-dlq` }))),
        "AccessDenied"
      )
      const release = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: "none", VisibilityTimeout: 0 })
      assert.notStrictEqual(yield* refusal(() => sqs.send(release)), "none")
    }).pipe(Effect.scoped)
  )

  it.effect("faults are seen on the wire: a refusal, a body cut at its byte, no answer", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws.EmbeddedAws
      yield* aws.putObject("prod-logs", "long", Buffer.alloc(100_000))
      const { s3 } = yield* clients(cast.uploader)
      yield* aws.setIntercept(() =>
        Effect.succeed({ _tag: "Refuse", status: 503, code: "SlowDown", message: "Please reduce your request rate." })
      )
      assert.strictEqual(yield* refusal(() => s3.send(get("long"))), "SlowDown")
      yield* aws.setIntercept(() => Effect.succeed({ _tag: "CutBody", bytes: 40_000 }))
      const { Body, ContentLength } = yield* Effect.promise(() => s3.send(get("long")))
      assert.strictEqual(ContentLength, 100_000)
      assert.notStrictEqual(yield* refusal(() => Body?.transformToByteArray() ?? Promise.resolve()), "none")
      yield* aws.setIntercept(() => Effect.succeed({ _tag: "Drop" }))
      assert.notStrictEqual(yield* refusal(() => s3.send(get("long"))), "none")
      yield* aws.setIntercept(() => Effect.undefined)
      assert.strictEqual(yield* refusal(() => s3.send(get("long"))), "none")
    }).pipe(Effect.scoped, Effect.timeout(Duration.seconds(15)))
  )
})
