/**
 * What the buckets and queues of the embedded AWS are asked besides their objects and messages: versions, whom a bucket
 * tells, who may send to a queue, and what KMS says.
 */
import {
  GetBucketNotificationConfigurationCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client
} from "@aws-sdk/client-s3"
import { GetQueueAttributesCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import { type Account, queueArn } from "../../src/demo/World.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"
import { codeOf, refusalOf, signedInAs } from "../support/awsClients.ts"

const KEY = "arn:aws:kms:us-east-1:222222222222:key/1"

const user = (name: string, actions: ReadonlyArray<string>, resources: ReadonlyArray<string> = ["*"]) => ({
  name,
  accessKeyId: name,
  secretAccessKey: `secret-of-${name}`,
  policy: [{ actions, resources }]
})

const owner = user("owner", ["s3:*", "sqs:*", "kms:*"])
const newestOnly = user("newest-only", ["s3:GetObject", "s3:ListBucket"])
const withoutKms = user("without-kms", ["sqs:*"])

const account: Account = {
  id: "222222222222",
  users: [owner, newestOnly, withoutKms],
  roles: [],
  buckets: [
    {
      name: "versions",
      region: "us-east-1",
      isVersioned: true,
      notifies: { queueArn: "arn:aws:sqs:us-east-1:222222222222:events" }
    },
    { name: "quiet", region: "eu-west-1" }
  ],
  queues: [
    {
      name: "events",
      region: "us-east-1",
      policy: [
        {
          principals: ["s3.amazonaws.com"],
          actions: ["sqs:SendMessage"],
          sourceArns: ["arn:aws:s3:::versions"],
          sourceAccount: "222222222222"
        }
      ]
    },
    { name: "encrypted", region: "us-east-1", kmsKey: KEY }
  ]
}

const events = queueArn(account, { name: "events", region: "us-east-1" })

const world = EmbeddedAws.layer({ accounts: [account] })

const put = (s3: S3Client, Body: string) =>
  Effect.promise(() => s3.send(new PutObjectCommand({ Bucket: "versions", Key: "a b", Body })))

const get = (VersionId?: string) => new GetObjectCommand({ Bucket: "versions", Key: "a b", VersionId })

describe("buckets and queues on the embedded AWS", () => {
  it.effect("a version is kept when it is overwritten, is told of by its id, and needs a permission of its own", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* EmbeddedAws.EmbeddedAws
      const { s3, sqs } = yield* signedInAs(owner)
      const { VersionId: first } = yield* put(s3, "first")
      const { VersionId: second } = yield* put(s3, "second")
      assert.notStrictEqual(first, second)
      const read = (VersionId?: string) =>
        Effect.promise(async () => (await s3.send(get(VersionId))).Body?.transformToString())
      assert.strictEqual(yield* read(first), "first")
      assert.strictEqual(yield* read(second), "second")
      assert.strictEqual(yield* read(), "second")
      assert.strictEqual(yield* codeOf(() => s3.send(get("none"))), "404 NoSuchVersion")

      const receive = new ReceiveMessageCommand({
        QueueUrl: `${endpoint}/222222222222/events`,
        MaxNumberOfMessages: 10
      })
      const { Messages = [] } = yield* Effect.promise(() => sqs.send(receive))
      const told = Messages.flatMap(({ Body = "" }) => Result.getOrThrow(parseNotification(Body)).objects)
      assert.deepStrictEqual(told.map(({ versionId }) => versionId).toSorted(), [first, second].toSorted())

      const newest = yield* signedInAs(newestOnly)
      assert.strictEqual(yield* codeOf(() => newest.s3.send(get(first))), "403 AccessDenied")
      yield* Effect.promise(async () => (await newest.s3.send(get())).Body?.transformToString())
    }).pipe(Effect.scoped, Effect.provide(world))
  )

  it.effect("a bucket says whom it tells to those who may ask", () =>
    Effect.gen(function* () {
      const { s3 } = yield* signedInAs(owner)
      const eu = yield* signedInAs(owner, "eu-west-1")
      const told = yield* Effect.promise(() =>
        s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "versions" }))
      )
      assert.deepStrictEqual(told.QueueConfigurations, [
        { Id: "s3beat", QueueArn: events, Events: ["s3:ObjectCreated:*"] }
      ])
      const quiet = yield* Effect.promise(() =>
        eu.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "quiet" }))
      )
      assert.isUndefined(quiet.QueueConfigurations)
      const other = yield* signedInAs(newestOnly)
      const ask = new GetBucketNotificationConfigurationCommand({ Bucket: "versions" })
      assert.strictEqual(yield* codeOf(() => other.s3.send(ask)), "403 AccessDenied")
    }).pipe(Effect.scoped, Effect.provide(world))
  )

  it.effect("a queue tells its policy, as AWS writes it", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* EmbeddedAws.EmbeddedAws
      const { sqs } = yield* signedInAs(owner)
      const QueueUrl = `${endpoint}/222222222222/events`
      const { Attributes } = yield* Effect.promise(() =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Policy", "KmsMasterKeyId"] }))
      )
      assert.deepStrictEqual(JSON.parse(Attributes?.["Policy"] ?? "{}").Statement, [
        {
          Effect: "Allow",
          Principal: { Service: "s3.amazonaws.com" },
          Action: ["sqs:SendMessage"],
          Resource: events,
          Condition: {
            ArnLike: { "aws:SourceArn": ["arn:aws:s3:::versions"] },
            StringEquals: { "aws:SourceAccount": "222222222222" }
          }
        }
      ])
      assert.notProperty(Attributes, "KmsMasterKeyId")
    }).pipe(Effect.scoped, Effect.provide(world))
  )

  it.effect("the messages of an encrypted queue need kms:Decrypt on its key", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* EmbeddedAws.EmbeddedAws
      const receive = new ReceiveMessageCommand({ QueueUrl: `${endpoint}/222222222222/encrypted` })
      const { sqs } = yield* signedInAs(withoutKms)
      const { message, name, status } = yield* refusalOf(() => sqs.send(receive))
      assert.deepStrictEqual([status, name], [400, "KmsAccessDenied"])
      assert.include(message, KEY)
      const may = yield* signedInAs(owner)
      yield* Effect.promise(() => may.sqs.send(receive))
    }).pipe(Effect.scoped, Effect.provide(world))
  )
})
