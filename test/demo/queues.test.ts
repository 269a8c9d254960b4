/**
 * The queues of the embedded AWS: whose they are, who may do what with them, and what becomes of messages.
 */
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient
} from "@aws-sdk/client-sqs"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { queueArn } from "../../src/demo/World.ts"
import { codeOf, refusalOf, signedInAs } from "../support/awsClients.ts"
import * as World from "../support/embeddedAws.ts"

const urlOf = (name: string) => Effect.map(EmbeddedAws, ({ endpoint }) => `${endpoint}/222222222222/${name}`)

/** Lets the sockets of this process have a turn. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** A moment of the test's time and of the sockets'. */
const step = Effect.andThen(TestClock.adjust("100 millis"), turn)

/** Until so many requests are open at the front. */
const untilOpen = (count: number) =>
  Effect.flatMap(EmbeddedAws, ({ openRequests }) =>
    openRequests.pipe(Effect.tap(turn), Effect.repeat({ until: (open) => open === count }))
  )

const send = (QueueUrl: string) => new SendMessageCommand({ QueueUrl, MessageBody: "x" })

const find = (QueueName: string) => new GetQueueUrlCommand({ QueueName })

const receive = (sqs: SQSClient, QueueUrl: string, more: Partial<ReceiveMessageCommand["input"]> = {}) =>
  Effect.map(
    Effect.promise(() =>
      sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["ApproximateReceiveCount"],
          ...more
        })
      )
    ),
    ({ Messages = [] }) => Messages
  )

describe("queues on the embedded AWS", () => {
  it.effect("a queue has the name, account and region that its owner gave it, and so has its dead-letter queue", () =>
    Effect.gen(function* () {
      const { sqs } = yield* signedInAs(World.beat)
      const QueueUrl = yield* urlOf("s3beat-redriven")
      const found = yield* Effect.promise(() => sqs.send(find("s3beat-redriven")))
      assert.strictEqual(found.QueueUrl, QueueUrl)
      const { Attributes = {} } = yield* Effect.promise(() =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }))
      )
      assert.strictEqual(Attributes["QueueArn"], World.arn.redriven)
      assert.strictEqual(Attributes["VisibilityTimeout"], "1")
      assert.deepStrictEqual(JSON.parse(Attributes["RedrivePolicy"] ?? ""), {
        deadLetterTargetArn: World.arn.deadLetters,
        maxReceiveCount: 2
      })
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("another account needs both sides' leave: its own policy's, and the queue's", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const stranger = yield* signedInAs(World.uploader)
      const QueueUrl = yield* urlOf("s3beat-events")
      const events = { QueueName: "s3beat-events", QueueOwnerAWSAccountId: "222222222222" }
      const found = yield* Effect.promise(() => stranger.sqs.send(new GetQueueUrlCommand(events)))
      assert.strictEqual(found.QueueUrl, QueueUrl)
      yield* Effect.promise(() => stranger.sqs.send(send(QueueUrl)))
      assert.strictEqual((yield* aws.queueDepth(World.arn.events)).ready, 1)
      const refused = yield* refusalOf(() => stranger.sqs.send(new ReceiveMessageCommand({ QueueUrl })))
      assert.deepStrictEqual([refused.status, refused.name], [403, "AccessDenied"])
      assert.include(refused.message, "sqs:ReceiveMessage")
      const closed = yield* urlOf("s3beat-redriven")
      assert.strictEqual(yield* codeOf(() => stranger.sqs.send(send(closed))), "403 AccessDenied")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("what only a FIFO queue takes is refused to those who may send, and nothing is sent", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const { sqs } = yield* signedInAs(World.beat)
      const input = { QueueUrl: yield* urlOf("s3beat-events"), MessageBody: "x", MessageDeduplicationId: "x" }
      assert.strictEqual(yield* codeOf(() => sqs.send(new SendMessageCommand(input))), "400 InvalidParameterValue")
      assert.strictEqual((yield* aws.queueDepth(World.arn.events)).ready, 0)
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a queue that is not there, or not in this region, does not exist", () =>
    Effect.gen(function* () {
      const { sqs } = yield* signedInAs(World.beat)
      assert.strictEqual(yield* codeOf(() => sqs.send(find("none"))), "400 QueueDoesNotExist")
      const QueueUrl = yield* urlOf("none")
      assert.strictEqual(
        yield* codeOf(() => sqs.send(new ReceiveMessageCommand({ QueueUrl }))),
        "400 QueueDoesNotExist"
      )
      const elsewhere = yield* signedInAs(World.beat, "eu-west-1")
      assert.strictEqual(yield* codeOf(() => elsewhere.sqs.send(find("s3beat-events"))), "400 QueueDoesNotExist")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("wrong keys are refused in SQS's words", () =>
    Effect.gen(function* () {
      const QueueUrl = yield* urlOf("s3beat-events")
      const receive = new ReceiveMessageCommand({ QueueUrl })
      const unknown = yield* signedInAs({ ...World.beat, accessKeyId: "AKIANOBODY" })
      assert.strictEqual(yield* codeOf(() => unknown.sqs.send(receive)), "403 InvalidClientTokenId")
      const wrong = yield* signedInAs({ ...World.beat, secretAccessKey: "wrong" })
      assert.strictEqual(yield* codeOf(() => wrong.sqs.send(receive)), "403 SignatureDoesNotMatch")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("messages are received, released and deleted, one by one and in batches, each entry with its own end", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const { sqs } = yield* signedInAs(World.beat)
      const QueueUrl = yield* urlOf("s3beat-events")
      for (const body of ["a", "b", "c", "d"]) yield* aws.sendMessage(World.arn.events, body)
      assert.deepStrictEqual(yield* aws.queueDepth(World.arn.events), { ready: 4, inFlight: 0, delayed: 0 })
      const messages = yield* receive(sqs, QueueUrl)
      const [a = "", b = "", c = "", d = ""] = messages.map(({ ReceiptHandle = "" }) => ReceiptHandle)
      assert.deepStrictEqual(yield* aws.queueDepth(World.arn.events), { ready: 0, inFlight: 4, delayed: 0 })
      yield* Effect.promise(() => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: a })))
      const deletion = yield* Effect.promise(() =>
        sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl,
            Entries: [
              { Id: "1", ReceiptHandle: b },
              { Id: "2", ReceiptHandle: c }
            ]
          })
        )
      )
      assert.deepStrictEqual(
        deletion.Successful?.map(({ Id }) => Id),
        ["1", "2"]
      )
      const release = { ReceiptHandle: d, VisibilityTimeout: 0 }
      yield* Effect.promise(() => sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ...release })))
      const [again] = yield* receive(sqs, QueueUrl)
      assert.strictEqual(again?.Attributes?.["ApproximateReceiveCount"], "2")
      const extension = yield* Effect.promise(() =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: [
              { Id: "good", ReceiptHandle: again?.ReceiptHandle, VisibilityTimeout: 60 },
              { Id: "gone", ReceiptHandle: a, VisibilityTimeout: 60 }
            ]
          })
        )
      )
      assert.deepStrictEqual(
        extension.Successful?.map(({ Id }) => Id),
        ["good"]
      )
      assert.deepStrictEqual(
        extension.Failed?.map(({ Id }) => Id),
        ["gone"]
      )
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a message that was received as often as the redrive policy allows is in the dead-letter queue", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const { sqs } = yield* signedInAs(World.beat)
      const QueueUrl = yield* urlOf("s3beat-redriven")
      yield* aws.sendMessage(World.arn.redriven, "bad")
      for (const received of [1, 2]) {
        const [message] = yield* receive(sqs, QueueUrl)
        assert.strictEqual(message?.Attributes?.["ApproximateReceiveCount"], String(received))
        const release = { ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }
        yield* Effect.promise(() => sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ...release })))
      }
      assert.deepStrictEqual(yield* receive(sqs, QueueUrl), [])
      assert.strictEqual((yield* aws.queueDepth(World.arn.deadLetters)).ready, 1)
      const [dead] = yield* receive(sqs, yield* urlOf("s3beat-dlq"))
      assert.strictEqual(dead?.Body, "bad")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a message's attributes come with it; those that SQS does not take are refused in its words", () =>
    Effect.gen(function* () {
      const { sqs } = yield* signedInAs(World.beat)
      const QueueUrl = yield* urlOf("s3beat-events")
      const sendWith = (attributes: Readonly<Record<string, string>>) => () =>
        sqs.send(
          new SendMessageCommand({
            QueueUrl,
            MessageBody: "x",
            MessageAttributes: Object.fromEntries(
              Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }])
            )
          })
        )
      const ten = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`name.${i}`, `日志 ${i}`]))
      yield* Effect.promise(sendWith(ten))
      const [message] = yield* receive(sqs, QueueUrl, { MessageAttributeNames: ["name.*"] })
      assert.strictEqual(message?.MessageAttributes?.["name.9"]?.StringValue, "日志 9")
      for (const refused of [
        { ...ten, eleventh: "x" },
        { empty: "" },
        { "aws.name": "x" },
        { control: "\u0000" },
        { noncharacter: "\uffff" }
      ]) {
        assert.strictEqual(
          yield* codeOf(sendWith(refused)),
          "400 InvalidParameterValue",
          Object.keys(refused).join(" ")
        )
      }
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a long poll ends when its time is up, or with the first message", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const { sqs } = yield* signedInAs(World.beat)
      const QueueUrl = yield* urlOf("s3beat-events")
      const poll = Effect.gen(function* () {
        const began = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.forkChild(receive(sqs, QueueUrl, { WaitTimeSeconds: 20 }))
        yield* untilOpen(1)
        while (fiber.pollUnsafe() === undefined) yield* step
        return { messages: yield* Fiber.join(fiber), waited: (yield* Clock.currentTimeMillis) - began }
      })
      const first = yield* poll
      assert.deepStrictEqual(first.messages, [])
      assert.isAtLeast(first.waited, 20_000)
      const meanwhile = yield* Effect.forkChild(
        Effect.andThen(Effect.sleep("5 seconds"), aws.sendMessage(World.arn.events, "x"))
      )
      const second = yield* poll
      yield* Fiber.join(meanwhile)
      assert.strictEqual(second.messages.length, 1)
      assert.isBelow(second.waited, 20_000)
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a long poll whose caller went away takes no message with it", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const { sqs } = yield* signedInAs(World.beat)
      const QueueUrl = yield* urlOf("s3beat-events")
      const abort = new AbortController()
      const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })
      const poll = sqs.send(command, { abortSignal: abort.signal }).catch(() => "aborted")
      yield* untilOpen(1)
      abort.abort()
      yield* untilOpen(0)
      assert.strictEqual(yield* Effect.promise(() => poll), "aborted")
      yield* aws.sendMessage(World.arn.events, "x")
      yield* step
      assert.strictEqual((yield* receive(sqs, QueueUrl)).length, 1)
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("queues of one name in two regions are two queues", () => {
    const there = { ...World.deadLetters, region: "eu-west-1" }
    const accountB = { ...World.accountB, queues: [...World.accountB.queues, there] }
    return Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.sendMessage(queueArn(accountB, there), "x")
      assert.strictEqual((yield* aws.queueDepth(World.arn.deadLetters)).ready, 0)
      assert.strictEqual((yield* aws.queueDepth(queueArn(accountB, there))).ready, 1)
      const { sqs } = yield* signedInAs(World.beat, "eu-west-1")
      const [message] = yield* receive(sqs, yield* urlOf("s3beat-dlq"))
      assert.strictEqual(message?.Body, "x")
    }).pipe(Effect.scoped, Effect.provide(World.layerWith({ accounts: [World.accountA, accountB] })))
  })

  it.effect("sending to a queue that is not there dies, and the message does not get lost", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const defect = yield* aws.sendMessage("arn:aws:sqs:us-east-1:222222222222:none", "x").pipe(
        Effect.as(undefined),
        Effect.catchDefect((defect) => Effect.succeed(String(defect)))
      )
      assert.include(defect, "There is no queue arn:aws:sqs:us-east-1:222222222222:none")
    }).pipe(Effect.provide(World.layer))
  )
})
