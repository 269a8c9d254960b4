/**
 * The server of the benchmark, asked by the SDK's own clients: what they take for SQS, S3 and STS, the daemon does.
 */
import { X509Certificate } from "node:crypto"
import { get } from "node:https"
import { text } from "node:stream/consumers"
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient
} from "@aws-sdk/client-sqs"
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, type Scope } from "effect"
import { parseNotification } from "../../src/notification/parseNotification.ts"
import * as Crc64Nvme from "./Crc64Nvme.ts"
import * as certificate from "./server/certificate.ts"
import { type BenchServer, makeServer, type ServerOptions } from "./server/makeServer.ts"
import { BUCKET, keyOf, type Objects, type StoredBody } from "./server/s3.ts"
import { QUEUE } from "./server/sqs.ts"
import { shapeNamed } from "./shapes.ts"

const shape = shapeNamed("tiny")

const bodyOf = (stored: Buffer): StoredBody => {
  const crc = Crc64Nvme.make()
  crc.update(stored)
  return { path: "", stored, storedBytes: stored.length, bytes: 0, events: 0, crc32: "", crc64nvme: crc.digest() }
}

const stored = Buffer.from("as stored in the bucket")
const objects: Objects = { shape, bodies: new Map([[0, bodyOf(stored)]]), checksum: "crc64nvme" }

/** A server until the scope closes. */
const server = (options?: ServerOptions): Effect.Effect<BenchServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => makeServer(options)),
    (server) => Effect.promise(server.close)
  )

const settings = (endpoint: string) => ({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "AKIABENCH", secretAccessKey: "secret" },
  maxAttempts: 1
})

describe("the server of the benchmark", () => {
  it.live(
    "every message is received once, names its object, and is counted with its calls when it is deleted",
    Effect.fnUntraced(function* () {
      const { begin, endpoint, report } = yield* server()
      const told: Array<string> = []
      begin({
        objects,
        messages: 12,
        onFirstServed: () => told.push("first served"),
        onAllDeleted: () => told.push("all deleted")
      })
      yield* Effect.promise(async () => {
        const sqs = new SQSClient(settings(endpoint))
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE }))
        await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["RedrivePolicy"] }))
        const receive = async () =>
          (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? []
        const messages = [...(await receive()), ...(await receive()), ...(await receive())]
        assert.strictEqual(new Set(messages.map(({ MessageId }) => MessageId)).size, 12)
        assert.deepStrictEqual(
          messages.map(keyNamedBy).toSorted(),
          [...messages.keys()].map((i) => keyOf(shape, i))
        )
        const Entries = messages.slice(0, 10).map(({ ReceiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle }))
        const { Failed } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
        assert.isUndefined(Failed)
        for (const { ReceiptHandle } of messages.slice(10)) {
          assert.deepStrictEqual(told, ["first served"])
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
        }
      })
      assert.deepStrictEqual(told, ["first served", "all deleted"])
      const { calls, deleted } = report()
      assert.strictEqual(deleted, 12)
      assert.deepInclude(calls, { ReceiveMessage: 3, DeleteMessageBatch: 1, DeleteMessage: 2, GetQueueUrl: 1 })
    }, Effect.scoped)
  )

  it.live(
    "a message that is released comes back to whoever waits, with another receipt handle",
    Effect.fnUntraced(function* () {
      const { begin, endpoint } = yield* server()
      begin({ objects, messages: 1 })
      yield* Effect.promise(async () => {
        const sqs = new SQSClient(settings(endpoint))
        const QueueUrl = `${endpoint}/000000000000/${QUEUE}`
        const receive = async () =>
          (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))).Messages?.[0]
        const release = async (message: Message | undefined) => {
          const entry = { Id: "0", ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }
          return (await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [entry] }))).Failed
        }
        const first = await receive()
        assert.isUndefined(await release(first))
        const second = await receive()
        assert.strictEqual(second?.MessageId, first?.MessageId)
        assert.notStrictEqual(second?.ReceiptHandle, first?.ReceiptHandle)
        assert.strictEqual((await release(first))?.[0]?.Code, "MessageNotInflight")
      })
    }, Effect.scoped)
  )

  it.live(
    "an object is what is stored, whole or from an offset on, and the SDK finds its checksum right",
    Effect.fnUntraced(function* () {
      const { begin, endpoint } = yield* server()
      const get = (Key: string, more: { readonly Range?: string } = {}) => {
        const s3 = new S3Client({ ...settings(endpoint), forcePathStyle: true })
        return s3.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }))
      }
      yield* Effect.promise(async () => {
        begin({ objects, messages: 0 })
        const whole = await get(keyOf(shape, 7))
        assert.strictEqual(await whole.Body?.transformToString(), stored.toString())
        assert.strictEqual(whole.ContentLength, stored.length)
        assert.isDefined(whole.ChecksumCRC64NVME)
        const rest = await get(keyOf(shape, 7), { Range: "bytes=10-" })
        assert.strictEqual(rest.ETag, whole.ETag)
        assert.notStrictEqual((await get(keyOf(shape, 8))).ETag, whole.ETag)

        const damaged = { ...bodyOf(stored), stored: Buffer.from("as damaged on the way..") }
        begin({ objects: { ...objects, bodies: new Map([[0, damaged]]) }, messages: 0 })
        const { Body } = await get(keyOf(shape, 7))
        await Body?.transformToString().then(
          () => assert.fail("the wrong checksum was taken"),
          (error: Error) => assert.match(error.message, /^Checksum mismatch/u)
        )
      })
    }, Effect.scoped)
  )

  it.live(
    "a role is assumed for as long as was asked",
    Effect.fnUntraced(function* () {
      const { begin, endpoint } = yield* server()
      begin({ objects, messages: 0 })
      const { AssumedRoleUser, Credentials } = yield* Effect.promise(() =>
        new STSClient(settings(endpoint)).send(
          new AssumeRoleCommand({
            RoleArn: "arn:aws:iam::111122223333:role/r",
            RoleSessionName: "s",
            DurationSeconds: 900
          })
        )
      )
      assert.strictEqual(AssumedRoleUser?.Arn, "arn:aws:iam::111122223333:role/r/s")
      assert.approximately(Credentials?.Expiration?.getTime() ?? 0, Date.now() + 900_000, 10_000)
    }, Effect.scoped)
  )

  it.live(
    "over TLS it is trusted by whoever has its certificate",
    Effect.fnUntraced(function* () {
      const made = certificate.make(Date.now())
      assert.strictEqual(new X509Certificate(made.cert).checkIP("127.0.0.1"), "127.0.0.1")
      const { begin, endpoint } = yield* server({ certificate: made })
      begin({ objects, messages: 0 })
      const answer = yield* Effect.promise(
        () =>
          new Promise<string>((resolve, reject) => {
            get(`${endpoint}/${BUCKET}/${keyOf(shape, 1)}`, { ca: made.cert, agent: false }, (response) =>
              resolve(text(response))
            ).on("error", reject)
          })
      )
      assert.strictEqual(answer, stored.toString())
    }, Effect.scoped)
  )
})

const keyNamedBy = ({ Body = "" }: Message): string | undefined =>
  Result.getOrThrow(parseNotification(Body)).objects[0]?.key
