import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { Duration, Effect, Fiber, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import * as SqsSourceAws from "../../src/aws/SqsSourceAws.ts"
import type { QueueMessage } from "../../src/domain/QueueMessage.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import { SqsSource } from "../../src/source/SqsSource.ts"
import * as Identities from "../support/fixedIdentities.ts"
import { queueUrl, type SqsAnswer, SqsWire, layer as wire } from "../support/SqsWire.ts"
import { turn } from "../support/turn.ts"

const layer = Layer.unwrap(Effect.map(SqsWire, ({ endpoint }) => SqsSourceAws.layer({ endpoint }))).pipe(
  Layer.provide(Layer.suspend(() => Identities.layer([Identities.identity("base identity", "BASE")]))),
  Layer.provideMerge(wire)
)

const queue: QueueRef = { name: "logs", region: "us-east-1" }

/** One whose URL need not be asked for. */
const polled: QueueRef = { ...queue, url: queueUrl }

const pollBy = (source: SqsSource["Service"], ref = polled) =>
  source.receive(ref, { max: 7, wait: Duration.seconds(20), visibilityTimeout: Duration.seconds(90) })

const poll = Effect.flatMap(SqsSource, (source) => pollBy(source, queue))

const messages: ReadonlyArray<QueueMessage> = ["a", "b", "c"].map((name) => ({
  queue,
  messageId: `message-${name}`,
  receiptHandle: `handle-${name}`,
  body: "",
  receiveCount: 1,
  sentAt: 0,
  receivedAt: 0
}))

const md5 = (text: string) => createHash("md5").update(text).digest("hex")

const answering = (answers: Readonly<Record<string, SqsAnswer>>) =>
  Effect.flatMap(SqsWire, (wire) => wire.answer(({ action }) => answers[action] ?? { output: {} }))

describe("SqsSourceAws", () => {
  it.live("asks for the queue's URL once, in the account that was named, and sends everything to the endpoint", () =>
    Effect.gen(function* () {
      const wire = yield* SqsWire
      const source = yield* SqsSource
      const other = { ...queue, accountId: "111111111111", region: "eu-central-1" }
      yield* source.delete(other, messages)
      yield* source.delete(other, messages)
      const asked = (yield* wire.requests).map(({ action, input, region }) => ({ action, region, input }))
      assert.deepStrictEqual(
        asked.map(({ action }) => action),
        ["GetQueueUrl", "DeleteMessageBatch", "DeleteMessageBatch"]
      )
      assert.isTrue(asked.every(({ region }) => region === "eu-central-1"))
      assert.deepStrictEqual(asked[0]?.input, { QueueName: "logs", QueueOwnerAWSAccountId: "111111111111" })
      assert.strictEqual(asked[1]?.input["QueueUrl"], queueUrl)
    }).pipe(Effect.provide(layer))
  )

  it.live("a URL that the user wrote is used as it is", () =>
    Effect.gen(function* () {
      const wire = yield* SqsWire
      const source = yield* SqsSource
      const url = "https://sqs.us-east-1.amazonaws.com/111111111111/logs"
      assert.strictEqual((yield* source.describe({ ...queue, url })).url, url)
      assert.deepStrictEqual(
        (yield* wire.requests).map(({ action, input }) => [action, input["QueueUrl"]]),
        [["GetQueueAttributes", url]]
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("polls as long, for as many and as invisible as was asked, with the attributes that a message needs", () =>
    Effect.gen(function* () {
      const wire = yield* SqsWire
      yield* answering({
        ReceiveMessage: {
          output: {
            Messages: [
              {
                MessageId: "message-a",
                ReceiptHandle: "handle-a",
                Body: "body",
                MD5OfBody: md5("body"),
                Attributes: { ApproximateReceiveCount: "3", SentTimestamp: "1700000000000" }
              }
            ]
          }
        }
      })
      const [message] = yield* poll
      assert.deepInclude(message, { receiptHandle: "handle-a", body: "body", receiveCount: 3, sentAt: 1.7e12 })
      assert.deepStrictEqual((yield* wire.requests)[1]?.input, {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 7,
        WaitTimeSeconds: 20,
        VisibilityTimeout: 90,
        MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
        MessageAttributeNames: ["s3beat.*"]
      })
    }).pipe(Effect.provide(layer))
  )

  it.live("a body that was damaged on the way is not handed over", () =>
    Effect.gen(function* () {
      const damaged = { MessageId: "message-a", ReceiptHandle: "handle-a", Body: "bodi", MD5OfBody: md5("body") }
      yield* answering({ ReceiveMessage: { output: { Messages: [damaged] } } })
      const { reason } = yield* Effect.flip(poll)
      assert.strictEqual(reason._tag, "Unavailable")
      assert.include(reason.detail, "MD5")
    }).pipe(Effect.provide(layer))
  )

  it.live(
    "an answer that leaves things out, or has null for them, says nothing of them; one that is no JSON is not from SQS",
    () =>
      Effect.gen(function* () {
        const source = yield* SqsSource
        for (const text of ["", "{}", "null", '{"Messages":null}']) {
          yield* answering({ ReceiveMessage: { text }, DeleteMessageBatch: { text: '{"Failed":null}' } })
          assert.deepStrictEqual(yield* pollBy(source), [])
          assert.deepStrictEqual(yield* source.delete(polled, messages), [])
        }
        const bare = { MessageId: "a", ReceiptHandle: "h", Body: "b", MD5OfBody: md5("b") }
        yield* answering({
          ReceiveMessage: { output: { Messages: [{ ...bare, Attributes: null, MessageAttributes: null }] } }
        })
        assert.deepInclude((yield* pollBy(source))[0], { messageId: "a", receiveCount: 1, attributes: {} })
        yield* answering({ ReceiveMessage: { text: "<html>Please log in.</html>" } })
        const { reason } = yield* Effect.flip(pollBy(source))
        assert.strictEqual(reason._tag, "Unavailable")
        assert.include(reason.detail, "HTTP 200")
      }).pipe(Effect.provide(layer))
  )

  it.live("interruption aborts the request of a long poll", () =>
    Effect.gen(function* () {
      const wire = yield* SqsWire
      yield* answering({ ReceiveMessage: "silence" })
      const until = (count: number) =>
        wire.open.pipe(Effect.repeat({ until: (open) => open === count, schedule: Schedule.spaced("5 millis") }))
      const polling = yield* Effect.forkChild(Effect.flatMap(SqsSource, (source) => pollBy(source)))
      yield* until(1)
      yield* Fiber.interrupt(polling)
      yield* until(0)
    }).pipe(Effect.timeout("4 seconds"), Effect.provide(layer))
  )

  it.effect.each([
    ["a long poll", 30, (source: SqsSource["Service"]) => Effect.asVoid(pollBy(source))],
    ["a delete", 3, (source: SqsSource["Service"]) => Effect.asVoid(source.delete(polled, messages))]
  ] as const)(
    "%s that SQS does not answer is given up after %i seconds, and its request aborted",
    ([, seconds, call]) =>
      Effect.gen(function* () {
        const wire = yield* SqsWire
        yield* wire.answer(() => "silence")
        const calling = yield* Effect.forkChild(Effect.flip(call(yield* SqsSource)))
        while ((yield* wire.requests).length === 0) yield* turn
        yield* TestClock.adjust(Duration.millis(seconds * 1000 - 1))
        assert.isUndefined(calling.pollUnsafe())
        yield* TestClock.adjust(Duration.millis(1))
        const { reason } = yield* Fiber.join(calling)
        assert.strictEqual(reason._tag, "Unavailable")
        assert.include(reason.detail, `no answer within ${seconds}s`)
        while ((yield* wire.open) > 0) yield* turn
      }).pipe(Effect.provide(layer))
  )

  it.live("an expired token is refreshed, and the call made once more", () =>
    Effect.gen(function* () {
      const wire = yield* SqsWire
      yield* wire.answer(({ accessKeyId }) =>
        accessKeyId === "BASE-0" ? { status: 403, code: "ExpiredToken" } : { output: {} }
      )
      assert.deepStrictEqual(yield* poll, [])
      assert.deepStrictEqual(
        (yield* wire.requests).map(({ accessKeyId, action }) => [action, accessKeyId]),
        [
          ["GetQueueUrl", "BASE-0"],
          ["GetQueueUrl", "BASE-1"],
          ["ReceiveMessage", "BASE-1"]
        ]
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("each entry fails by its own code, and only a bad receipt handle is final", () =>
    Effect.gen(function* () {
      const wire = yield* SqsWire
      const source = yield* SqsSource
      const Failed = [
        { Id: "0", Code: "InternalError", SenderFault: false },
        { Id: "2", Code: "AWS.SimpleQueueService.ReceiptHandleIsInvalid", SenderFault: true }
      ]
      yield* answering({
        DeleteMessageBatch: { output: { Successful: [{ Id: "1" }], Failed } },
        ChangeMessageVisibilityBatch: { output: { Successful: [{ Id: "1" }], Failed } }
      })
      const delay = Duration.millis(1500)
      for (const ask of [
        source.delete(queue, messages),
        source.release(
          queue,
          messages.map((message) => ({ message, delay }))
        ),
        source.extend(
          queue,
          messages.map((message) => ({ message, timeout: delay }))
        )
      ]) {
        assert.deepStrictEqual(yield* ask, [
          { messageId: "message-a", code: "InternalError", isRetryable: true },
          {
            messageId: "message-c",
            code: "AWS.SimpleQueueService.ReceiptHandleIsInvalid",
            isRetryable: false
          }
        ])
      }
      const [, , release] = yield* wire.requests
      assert.deepStrictEqual(
        release?.input["Entries"],
        ["a", "b", "c"].map((name, index) => ({
          Id: `${index}`,
          ReceiptHandle: `handle-${name}`,
          VisibilityTimeout: 2
        }))
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("attributes that may not be read are told apart from a queue without a redrive policy", () =>
    Effect.gen(function* () {
      const source = yield* SqsSource
      yield* answering({ GetQueueAttributes: { status: 403, code: "AccessDenied" } })
      assert.deepStrictEqual(yield* source.describe(queue), {
        url: queueUrl,
        identity: "base identity",
        attributesDenied: true
      })
      const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"5"}'
      yield* answering({ GetQueueAttributes: { output: { Attributes: { RedrivePolicy } } } })
      assert.deepStrictEqual((yield* source.describe(queue)).redrive, {
        deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead",
        maxReceiveCount: 5
      })
    }).pipe(Effect.provide(layer))
  )

  it.live.each([
    [400, "QueueDoesNotExist", "QueueMissing"],
    [404, "InvalidAddress", "QueueMissing"],
    [403, "AccessDenied", "AccessDenied"],
    [400, "KmsAccessDenied", "AccessDenied"],
    [400, "KmsDisabled", "AccessDenied"],
    [403, "InvalidClientTokenId", "AccessDenied"],
    [403, "ExpiredToken", "CredentialsExpired"],
    [403, "OverLimit", "Unavailable"],
    [400, "RequestThrottled", "Unavailable"],
    [500, "InternalFailure", "Unavailable"],
    [503, "ServiceUnavailable", "Unavailable"]
  ] as const)("%i %s is %s", ([status, code, reason]) =>
    Effect.gen(function* () {
      yield* answering({ ReceiveMessage: { status, code } })
      const error = yield* Effect.flip(poll)
      assert.strictEqual(error.reason._tag, reason)
      assert.strictEqual(error.operation, "receive")
      assert.isTrue(error.message.startsWith("receive on queue logs: "))
    }).pipe(Effect.provide(layer))
  )

  it.live("a call that settles messages does not wait longer for its answer than the lease can", () =>
    Effect.gen(function* () {
      const source = yield* SqsSource
      yield* answering({ DeleteMessageBatch: "silence" })
      const error = yield* Effect.flip(source.delete(queue, messages))
      assert.strictEqual(error.reason._tag, "Unavailable")
      assert.include(error.reason.detail, "3s")
    }).pipe(Effect.timeout("4 seconds"), Effect.provide(layer))
  )
})
