/**
 * The objects of the embedded AWS: who reads them, how, and what is told of new ones.
 */
import { Readable } from "node:stream"
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand
} from "@aws-sdk/client-s3"
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { parseNotification } from "../../src/notification/parseNotification.ts"
import { codeOf, refusalOf, sessionOf, signedInAs } from "../support/awsClients.ts"
import * as World from "../support/embeddedAws.ts"

const MiB = 1024 * 1024

/** The bucket's clients as the role that may read A. */
const asReader = (region?: string) =>
  Effect.flatMap(signedInAs(World.beat), ({ sts }) =>
    Effect.flatMap(sessionOf(sts), (session) => signedInAs(session, region))
  )

const read = (s3: S3Client, more: Partial<GetObjectCommand["input"]> = {}) =>
  Effect.promise(async () => {
    const { Body, ...answer } = await s3.send(new GetObjectCommand({ Bucket: "prod-logs", Key: "log", ...more }))
    return { ...answer, text: (await Body?.transformToString()) ?? "" }
  })

const missing = (Bucket: string) => new GetObjectCommand({ Bucket, Key: "missing" })

const ownedBy = (ExpectedBucketOwner: string) =>
  new HeadObjectCommand({ Bucket: "prod-logs", Key: "log", ExpectedBucketOwner })

/** What B's queue was told since it was last asked: the names of the events and their objects. */
const announced = Effect.gen(function* () {
  const { endpoint } = yield* EmbeddedAws
  const { sqs } = yield* signedInAs(World.beat)
  const { Messages = [] } = yield* Effect.promise(() =>
    sqs.send(new ReceiveMessageCommand({ QueueUrl: `${endpoint}/222222222222/s3beat-events`, MaxNumberOfMessages: 10 }))
  )
  return Messages.map(({ Body = "" }) => {
    const { Records }: { readonly Records: ReadonlyArray<{ readonly eventName: string }> } = JSON.parse(Body)
    const [object] = Result.getOrThrow(parseNotification(Body)).objects
    return { eventName: Records[0]?.eventName, key: object?.key, size: object?.size, eTag: object?.eTag }
  })
})

describe("objects on the embedded AWS", () => {
  it.effect("account A is closed to account B's user, whatever B allows it, and open to A's role", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.putObject("prod-logs", "log", Buffer.from("0123456789"))
      const base = yield* signedInAs(World.beat)
      const { message, name, status } = yield* refusalOf(() =>
        base.s3.send(new GetObjectCommand({ Bucket: "prod-logs", Key: "log" }))
      )
      assert.deepStrictEqual([status, name], [403, "AccessDenied"])
      assert.include(message, World.arn.beat)
      const role = yield* asReader()
      assert.strictEqual((yield* read(role.s3)).text, "0123456789")
      const write = new PutObjectCommand({ Bucket: "prod-logs", Key: "log", Body: "x" })
      assert.strictEqual(yield* codeOf(() => role.s3.send(write)), "403 AccessDenied")
      yield* Effect.promise(() => base.s3.send(new PutObjectCommand({ Bucket: "own-logs", Key: "k", Body: "x" })))
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a part is read by Range, and only of the version that If-Match names", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const eTag = yield* aws.putObject("prod-logs", "log", Buffer.from("0123456789"))
      const { s3 } = yield* asReader()
      const part = yield* read(s3, { Range: "bytes=3-5", IfMatch: `"${eTag}"` })
      assert.deepStrictEqual([part.text, part.ContentRange, part.ContentLength], ["345", "bytes 3-5/10", 3])
      assert.strictEqual((yield* read(s3, { Range: "bytes=8-" })).text, "89")
      const get = (more: Partial<GetObjectCommand["input"]>) =>
        codeOf(() => s3.send(new GetObjectCommand({ Bucket: "prod-logs", Key: "log", ...more })))
      assert.strictEqual(yield* get({ Range: "bytes=10-" }), "416 InvalidRange")
      yield* aws.putObject("prod-logs", "log", Buffer.from("overwritten"))
      assert.strictEqual(yield* get({ Range: "bytes=3-5", IfMatch: `"${eTag}"` }), "412 PreconditionFailed")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("whoever may not list a bucket is not told that a key is missing", () =>
    Effect.gen(function* () {
      const { s3 } = yield* asReader()
      assert.strictEqual(yield* codeOf(() => s3.send(missing("prod-logs"))), "404 NoSuchKey")
      const eu = yield* asReader("eu-west-1")
      assert.strictEqual(yield* codeOf(() => eu.s3.send(missing("prod-logs-eu"))), "403 AccessDenied")
      const list = new ListObjectsV2Command({ Bucket: "prod-logs-eu" })
      assert.strictEqual(yield* codeOf(() => eu.s3.send(list)), "403 AccessDenied")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect(
    "a bucket answers in its own region, tells others which that is, and refuses an owner it does not have",
    () =>
      Effect.gen(function* () {
        const { s3 } = yield* signedInAs(World.uploader)
        const head = new HeadBucketCommand({ Bucket: "prod-logs" })
        assert.strictEqual((yield* Effect.promise(() => s3.send(head))).BucketRegion, "us-east-1")
        const there = yield* refusalOf(() => s3.send(new GetObjectCommand({ Bucket: "prod-logs-eu", Key: "log" })))
        assert.deepStrictEqual([there.status, there.name], [400, "AuthorizationHeaderMalformed"])
        assert.include(there.message, "expecting 'eu-west-1'")
        yield* (yield* EmbeddedAws).putObject("prod-logs", "log", Buffer.from("x"))
        assert.match(yield* codeOf(() => s3.send(ownedBy("333333333333"))), /^403/u)
        yield* Effect.promise(() => s3.send(ownedBy("111111111111")))
        assert.strictEqual(
          yield* codeOf(() => s3.send(new GetObjectCommand({ Bucket: "nowhere", Key: "log" }))),
          "404 NoSuchBucket"
        )
      }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a listing names what is there", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const keys = ["a/1", "a/2 +ü", "b"]
      yield* Effect.forEach(keys, (key) => aws.putObject("prod-logs", key, Buffer.from("x")))
      const { s3 } = yield* asReader()
      const list = (Prefix: string) =>
        Effect.promise(() => s3.send(new ListObjectsV2Command({ Bucket: "prod-logs", Prefix })))
      assert.deepStrictEqual(
        (yield* list("a/")).Contents?.map(({ Key }) => Key),
        ["a/1", "a/2 +ü"]
      )
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("an object of 100 MiB arrives whole", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const stored = Buffer.alloc(100 * MiB, "0123456789abcdef\n")
      yield* aws.putObject("prod-logs", "log", stored)
      const { s3 } = yield* asReader()
      const isWhole = yield* Effect.promise(async () => {
        const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: "prod-logs", Key: "log" }))
        assert.strictEqual(ContentLength, stored.length)
        if (!(Body instanceof Readable)) throw new Error("The body is no stream.")
        let at = 0
        for await (const chunk of Body) {
          if (!chunk.equals(stored.subarray(at, at + chunk.length))) return false
          at += chunk.length
        }
        return at === stored.length
      })
      assert.isTrue(isWhole)
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("an upload is told once, under the key as it is and with what is stored", () =>
    Effect.gen(function* () {
      const { s3 } = yield* signedInAs(World.uploader)
      const key = "a b+c/ü%41 日.gz"
      const { ETag } = yield* Effect.promise(() =>
        s3.send(new PutObjectCommand({ Bucket: "prod-logs", Key: key, Body: "log" }))
      )
      assert.deepStrictEqual(yield* announced, [
        { eventName: "ObjectCreated:Put", key, size: 3, eTag: ETag?.replaceAll('"', "") }
      ])
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("an upload in parts is told once, when it is complete, and a copy when it is made", () =>
    Effect.gen(function* () {
      const { s3 } = yield* signedInAs(World.uploader)
      const object = { Bucket: "prod-logs", Key: "large" }
      const eTag = yield* Effect.promise(async () => {
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object))
        const Parts = []
        for (const PartNumber of [1, 2]) {
          const part = { ...object, UploadId, PartNumber, Body: Buffer.alloc(5 * MiB, PartNumber) }
          Parts.push({ PartNumber, ETag: (await s3.send(new UploadPartCommand(part))).ETag })
        }
        const complete = new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } })
        return (await s3.send(complete)).ETag?.replaceAll('"', "")
      })
      assert.deepStrictEqual(yield* announced, [
        { eventName: "ObjectCreated:CompleteMultipartUpload", key: "large", size: 10 * MiB, eTag }
      ])
      const copy = new CopyObjectCommand({ Bucket: "prod-logs", Key: "copy", CopySource: "prod-logs/large" })
      yield* Effect.promise(() => s3.send(copy))
      assert.deepStrictEqual(
        (yield* announced).map(({ eventName, key, size }) => ({ eventName, key, size })),
        [{ eventName: "ObjectCreated:Copy", key: "copy", size: 10 * MiB }]
      )
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("what is refused is not told: an upload without leave, a copy of what is not there", () =>
    Effect.gen(function* () {
      const { s3 } = yield* asReader()
      const put = new PutObjectCommand({ Bucket: "prod-logs", Key: "k", Body: "log" })
      assert.strictEqual(yield* codeOf(() => s3.send(put)), "403 AccessDenied")
      const uploader = yield* signedInAs(World.uploader)
      const copy = new CopyObjectCommand({ Bucket: "prod-logs", Key: "k", CopySource: "prod-logs/missing" })
      assert.strictEqual(yield* codeOf(() => uploader.s3.send(copy)), "404 NoSuchKey")
      assert.deepStrictEqual(yield* announced, [])
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("an owner's upload to a bucket that is not there dies, and does not get lost", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const defect = yield* aws.putObject("nowhere", "log", Buffer.from("x")).pipe(
        Effect.as(undefined),
        Effect.catchDefect((defect) => Effect.succeed(String(defect)))
      )
      assert.include(defect, "NoSuchBucket")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )
})
