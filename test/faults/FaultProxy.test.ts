/**
 * That each fault is what its name says, as the AWS SDK meets it.
 */
import { assert, describe, it } from "@effect/vitest"
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { Effect, Layer } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import * as TwoAccounts from "../support/embeddedAws.ts"
import * as Fault from "./Fault.ts"
import * as FaultProxy from "./FaultProxy.ts"
import { randomLog } from "./randomLog.ts"

const world = FaultProxy.layer({ seed: 1 }).pipe(Layer.provideMerge(TwoAccounts.layer))

const BYTES = Buffer.from("0123456789".repeat(10))

const setUp = Effect.gen(function* () {
  const proxy = yield* FaultProxy.FaultProxy
  const aws = yield* EmbeddedAws
  yield* aws.putObject("own-logs", "log", BYTES)
  const options = {
    endpoint: proxy.endpoint,
    region: "us-east-1",
    credentials: TwoAccounts.beat,
    maxAttempts: 1
  }
  const { s3, sqs } = yield* Effect.acquireRelease(
    Effect.sync(() => ({ s3: new S3Client({ ...options, forcePathStyle: true }), sqs: new SQSClient(options) })),
    ({ s3, sqs }) => Effect.sync(() => [s3, sqs].forEach((client) => client.destroy()))
  )
  const QueueUrl = `${aws.endpoint}/${TwoAccounts.accountB.id}/${TwoAccounts.events.name}`
  return {
    proxy,
    read: Effect.tryPromise(async () => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "own-logs", Key: "log" }))
      return Buffer.from((await Body?.transformToByteArray()) ?? []).toString()
    }).pipe(Effect.catch(({ cause }) => Effect.succeed(cause instanceof Error ? cause : new Error(String(cause))))),
    send: Effect.promise(() => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }))),
    receive: Effect.promise(() => sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))),
    remove: (ReceiptHandle = "") =>
      Effect.promise(() => sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "0", ReceiptHandle }] })))
  }
})

type SetUp = Effect.Success<typeof setUp>

const law = (name: string, body: (given: SetUp) => Effect.Effect<void, never, EmbeddedAws>) =>
  it.live(name, () => Effect.flatMap(setUp, body).pipe(Effect.scoped, Effect.provide(world)))

const failsAs = (fault: Fault.Fault, expected: RegExp) =>
  law(`${fault.name}: the client sees ${expected.source}`, ({ proxy, read }) =>
    Effect.gen(function* () {
      yield* proxy.setRules([{ on: { service: "s3" }, fault, times: 1 }])
      const seen = yield* read
      assert.match(seen instanceof Error ? `${seen.name} ${seen.message}` : seen, expected)
      assert.deepStrictEqual(yield* proxy.injected, new Map([[fault.name, 1]]))
      assert.strictEqual(yield* read, BYTES.toString(), "and it is over")
    })
  )

describe("FaultProxy", () => {
  failsAs(Fault.slowDown, /SlowDown/u)
  failsAs(Fault.internalError, /InternalError/u)
  failsAs(Fault.tooManyRequests, /Throttling/u)
  failsAs(Fault.expiredToken, /ExpiredToken/u)
  failsAs(Fault.kmsDenied, /AccessDenied.*kms:Decrypt/u)
  failsAs(Fault.drop, /ECONNRESET|socket hang up/u)
  failsAs(Fault.loseAnswer, /ECONNRESET|socket hang up/u)
  failsAs(Fault.breakTls, /Parse Error/u)
  failsAs(Fault.reset(10), /aborted|ECONNRESET/u)
  failsAs(Fault.truncate(10), /aborted|ECONNRESET/u)
  failsAs(Fault.wrongLength(10), /aborted|ECONNRESET/u)
  failsAs(Fault.wrongLength(-1), /^\d{99}$/u)
  failsAs(Fault.stall(10, 50), /^\d{100}$/u)
  failsAs(Fault.delay(50), /^\d{100}$/u)

  law("delivered twice: the next receive hands the message over again", ({ proxy, receive, send }) =>
    Effect.gen(function* () {
      yield* proxy.setRules([{ on: { service: "sqs" }, fault: Fault.deliverTwice, times: 1 }])
      yield* send
      const first = yield* receive
      const second = yield* receive
      assert.deepStrictEqual(second.Messages, first.Messages)
      assert.isUndefined((yield* receive).Messages)
      assert.strictEqual(proxy.queue.receipts().length, 2)
    })
  )

  law("forgotten receipt handles: the delete is refused, and that is noted", (given) =>
    Effect.gen(function* () {
      yield* given.proxy.setRules([{ on: { service: "sqs" }, fault: Fault.forgetReceipts, times: 1 }])
      yield* given.send
      const { Messages: [message] = [] } = yield* given.receive
      const { Failed } = yield* given.remove(message?.ReceiptHandle)
      assert.deepStrictEqual(
        Failed?.map(({ Code, SenderFault }) => [Code, SenderFault]),
        [["ReceiptHandleIsInvalid", true]]
      )
      const [receipt] = given.proxy.queue.receipts()
      assert.isDefined(receipt?.refusedAt)
      assert.deepStrictEqual(receipt?.asked, [], "SQS never heard of it")
    })
  )

  law("a chance is that of the seed, and no more", ({ proxy, read }) =>
    Effect.gen(function* () {
      yield* proxy.setRules([{ on: { service: "s3" }, fault: Fault.slowDown, chance: 0.5 }])
      const seen = yield* Effect.replicateEffect(read, 40)
      assert.approximately(seen.filter((one) => one instanceof Error).length, 20, 8)
    })
  )
})

const logs = () => {
  const random = Pseudorandom.make(7)
  return Array.from({ length: 40 }, (_, index) => randomLog(index, random).key)
}

describe("randomLog", () => {
  it("is the same for the same numbers, and no two have the same key", () => {
    const keys = logs()
    assert.deepStrictEqual(logs(), keys)
    assert.strictEqual(new Set(keys).size, 40)
  })
})
