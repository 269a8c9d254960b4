/**
 * SQS in memory: an `SqsSource` over standard queues that a test fills, and the faults that it wishes for. Time is the
 * Effect clock's, so that a `TestClock` rules visibility timeouts and long polls.
 */
import { Clock, Context, Data, Duration, Effect, Layer } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { Unavailable } from "../domain/reasons.ts"
import {
  type EntryFailure,
  type QueueDescription,
  QueueMissing,
  SQS_MAX_ATTRIBUTES,
  SQS_MAX_MESSAGE_BYTES,
  SqsSource,
  SqsSourceError
} from "../source/SqsSource.ts"
import * as StandardQueue from "./StandardQueue.ts"
import type { StandardQueue as Queue } from "./StandardQueue.ts"

/** What can be asked of SQS. */
export type Operation = SqsSourceError["operation"]

/**
 * What goes wrong with an operation.
 *
 * **Shape** `CallFails`: the next `times` calls fail as a whole, and nothing of them is done. `EntriesFail`: in the next
 * `times` calls the entries of these messages fail, and the others are done. `NoAnswer`: calls are neither done nor answered.
 */
export type Fault = Data.TaggedEnum<{
  CallFails: { readonly reason: SqsSourceError["reason"]; readonly times: number }
  EntriesFail: {
    readonly messageIds: ReadonlyArray<string>
    readonly code: string
    readonly isRetryable: boolean
    readonly times: number
  }
  NoAnswer: {}
}>

/** The faults, by name. */
export const Fault = Data.taggedEnum<Fault>()

/** A call that reached SQS. `at` is in milliseconds since the epoch; `seconds` the visibility asked for each message. */
export interface Call {
  readonly operation: Operation
  readonly queue: string
  readonly at: number
  readonly messageIds: ReadonlyArray<string>
  readonly seconds: ReadonlyArray<number>
}

/** The far side of the in-memory source: what a test sends, breaks and looks at. */
export class SqsSourceMemory extends Context.Service<
  SqsSourceMemory,
  {
    /** Creates the queue, empty. */
    readonly createQueue: (queue: QueueRef, options?: StandardQueue.QueueOptions) => Effect.Effect<void>
    /** Sends a message, and answers its id. Dies when there is no such queue. */
    readonly send: (queue: QueueRef, body: string) => Effect.Effect<string>
    /** How many messages can be received now, and how many are in flight. */
    readonly inspect: (queue: QueueRef) => Effect.Effect<{ readonly visible: number; readonly inFlight: number }>
    /** From now on the operation fails so; a second fault takes the place of the first. */
    readonly fail: (operation: Operation, fault: Fault) => Effect.Effect<void>
    /** The operation fails no more. */
    readonly heal: (operation: Operation) => Effect.Effect<void>
    /** From now on every call but `receive` takes so long to be done. */
    readonly setLatency: (latency: Duration.Duration) => Effect.Effect<void>
    /** What was deleted, in order, once for every time that a message was really there to delete. */
    readonly deleted: Effect.Effect<ReadonlyArray<{ readonly messageId: string; readonly at: number }>>
    /** The calls that were made, in order, failed ones included. */
    readonly calls: (operation: Operation) => Effect.Effect<ReadonlyArray<Call>>
  }
>()("s3beat/testing/SqsSourceMemory") {}

interface Entry {
  readonly message: QueueMessage
  readonly seconds: number
}

const make = Effect.sync(() => {
  const queues = new Map<string, Queue>()
  const faults = new Map<Operation, Fault>()
  const calls: Array<Call> = []
  const deleted: Array<{ readonly messageId: string; readonly at: number }> = []
  let latency = Duration.zero
  let serial = 0

  const takeFault = (operation: Operation): Fault | undefined => {
    const fault = faults.get(operation)
    if (fault === undefined || fault._tag === "NoAnswer") return fault
    if (fault.times <= 0) return undefined
    faults.set(operation, { ...fault, times: fault.times - 1 })
    return fault
  }

  /** What every call goes through before anything is done. */
  const begin = Effect.fnUntraced(function* (operation: Operation, ref: QueueRef, entries: ReadonlyArray<Entry> = []) {
    calls.push({
      operation,
      queue: ref.name,
      at: yield* Clock.currentTimeMillis,
      messageIds: entries.map(({ message }) => message.messageId),
      seconds: entries.map(({ seconds }) => seconds)
    })
    if (operation !== "receive") yield* Effect.sleep(latency)
    const fault = takeFault(operation)
    if (fault?._tag === "NoAnswer") return yield* Effect.never
    if (fault?._tag === "CallFails") {
      return yield* new SqsSourceError({ queue: ref.name, operation, reason: fault.reason })
    }
    const queue = queues.get(arnOf(ref))
    if (queue !== undefined) return { queue, fault }
    const reason = new QueueMissing({ detail: "QueueDoesNotExist: the specified queue does not exist" })
    return yield* new SqsSourceError({ queue: ref.name, operation, reason })
  })

  /** A batch call: each entry is done, or is answered with the code of its failure. */
  const batch = Effect.fnUntraced(function* (
    operation: Operation,
    ref: QueueRef,
    entries: ReadonlyArray<Entry>,
    perform: (queue: Queue, message: QueueMessage, seconds: number, now: number) => string | undefined
  ) {
    const { fault, queue } = yield* begin(operation, ref, entries)
    const now = yield* Clock.currentTimeMillis
    const failures: Array<EntryFailure> = []
    for (const { message, seconds } of entries) {
      const { messageId } = message
      if (fault?.messageIds.includes(messageId) === true) {
        failures.push({ messageId, code: fault.code, isRetryable: fault.isRetryable })
        continue
      }
      const code = perform(queue, message, seconds, now)
      if (code !== undefined) failures.push({ messageId, code, isRetryable: false })
    }
    yield* queue.changed.release
    return failures
  })

  const remove = (queue: Queue, message: QueueMessage, _seconds: number, now: number) => {
    if (StandardQueue.remove(queue, message)) deleted.push({ messageId: message.messageId, at: now })
    return undefined
  }

  /** What was received too often moves to the dead-letter queue, as SQS does it: when someone receives. */
  const redrive = Effect.fnUntraced(function* (queue: Queue, now: number) {
    const { redrive } = queue.options
    const target = redrive && queues.get(arnOf(redrive.deadLetterQueue))
    if (target === undefined) return
    for (const dead of StandardQueue.takeDeadLetters(queue, now)) StandardQueue.put(target, dead, now)
    yield* target.changed.release
  })

  const put = Effect.fnUntraced(function* (queue: Queue, body: string, attributes: Readonly<Record<string, string>>) {
    const now = yield* Clock.currentTimeMillis
    const messageId = `message-${(serial += 1)}`
    StandardQueue.put(queue, { messageId, body, attributes, sentAt: now }, now)
    yield* queue.changed.release
    return messageId
  })

  const source = SqsSource.of({
    describe: Effect.fnUntraced(function* (ref) {
      const { queue } = yield* begin("describe", ref)
      return describe(queue)
    }),
    receive: Effect.fnUntraced(function* (ref, { max, visibilityTimeout, wait }) {
      const { queue } = yield* begin("receive", ref)
      const giveUpAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(wait)
      while (true) {
        const now = yield* Clock.currentTimeMillis
        yield* redrive(queue, now)
        const messages = StandardQueue.receive(queue, max, Duration.toMillis(visibilityTimeout), now)
        if (messages.length > 0 || now >= giveUpAt) return messages
        // Whole milliseconds: what jitter leaves of one may be too little for a clock to move.
        const pause = Math.ceil(Math.min(giveUpAt, StandardQueue.nextVisibleAt(queue)) - now)
        yield* Effect.timeoutOption(queue.changed.await, pause)
      }
    }),
    extend: (ref, entries) => {
      const asked = entries.map(({ message, timeout }) => ({ message, seconds: wholeSeconds(timeout) }))
      return batch("extend", ref, asked, StandardQueue.changeVisibility)
    },
    release: (ref, entries) => {
      const asked = entries.map(({ delay, message }) => ({ message, seconds: wholeSeconds(delay) }))
      return batch("release", ref, asked, StandardQueue.changeVisibility)
    },
    delete: (ref, messages) => {
      const asked = messages.map((message) => ({ message, seconds: 0 }))
      return batch("delete", ref, asked, remove)
    },
    send: Effect.fnUntraced(function* (ref, { attributes = {}, body }) {
      const { queue } = yield* begin("send", ref)
      const illegal = whyNot(body, attributes)
      if (illegal !== undefined) {
        const reason = new Unavailable({ detail: illegal })
        return yield* new SqsSourceError({ queue: ref.name, operation: "send", reason })
      }
      yield* put(queue, body, attributes)
    })
  })

  const existing = (ref: QueueRef) =>
    Effect.suspend(() => {
      const queue = queues.get(arnOf(ref))
      return queue === undefined ? Effect.die(new Error(`There is no queue ${ref.name}.`)) : Effect.succeed(queue)
    })

  const controls = SqsSourceMemory.of({
    createQueue: (ref, options = {}) =>
      Effect.sync(() => void queues.set(arnOf(ref), StandardQueue.make(ref, options))),
    send: (ref, body) => Effect.flatMap(existing(ref), (queue) => put(queue, body, {})),
    inspect: Effect.fnUntraced(function* (ref) {
      const queue = yield* existing(ref)
      const now = yield* Clock.currentTimeMillis
      const visible = StandardQueue.visible(queue, now).length
      return { visible, inFlight: queue.messages.size - visible }
    }),
    fail: (operation, fault) => Effect.sync(() => void faults.set(operation, fault)),
    heal: (operation) => Effect.sync(() => void faults.delete(operation)),
    setLatency: (value) => Effect.sync(() => void (latency = value)),
    deleted: Effect.sync(() => deleted.slice()),
    calls: (operation) => Effect.sync(() => calls.filter((call) => call.operation === operation))
  })

  return Context.make(SqsSource, source).pipe(Context.add(SqsSourceMemory, controls))
})

/** What SQS says to a message that it does not take. */
const whyNot = (body: string, attributes: Readonly<Record<string, string>>): string | undefined => {
  const all = Object.entries(attributes)
  const bytes = all.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + "String".length + Buffer.byteLength(value),
    Buffer.byteLength(body)
  )
  if (body === "") return "MissingParameter: the request must contain the parameter MessageBody"
  if (bytes > SQS_MAX_MESSAGE_BYTES) return `InvalidParameterValue: shorter than ${SQS_MAX_MESSAGE_BYTES} bytes`
  if (all.length > SQS_MAX_ATTRIBUTES) return "InvalidParameterValue: at most 10 attributes"
  if (all.some(([, value]) => value === "")) return "InvalidParameterValue: an attribute must have a value"
  return [body, ...all.map(([, value]) => value)].some((text) => notInXml.test(text))
    ? "InvalidMessageContents: invalid characters found"
    : undefined
}

/** **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const notInXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u

/** SQS takes whole seconds. */
const wholeSeconds = (duration: Duration.Duration) => Math.ceil(Duration.toSeconds(duration))

const accountOf = (ref: QueueRef) => ref.accountId ?? "000000000000"

const arnOf = (ref: QueueRef) => `arn:aws:sqs:${ref.region}:${accountOf(ref)}:${ref.name}`

const describe = ({ options: { attributesDenied = false, redrive }, ref }: Queue): QueueDescription => ({
  url: ref.url ?? `https://sqs.${ref.region}.amazonaws.com/${accountOf(ref)}/${ref.name}`,
  identity: "memory",
  attributesDenied,
  ...(redrive === undefined || attributesDenied
    ? undefined
    : {
        redrive: {
          deadLetterTargetArn: arnOf(redrive.deadLetterQueue),
          maxReceiveCount: redrive.maxReceiveCount
        }
      })
})

/** An `SqsSource` without SQS, and its far side. */
export const layer: Layer.Layer<SqsSource | SqsSourceMemory> = Layer.effectContext(make)
