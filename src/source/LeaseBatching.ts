/**
 * The lease over `SqsSource`: messages are extended, deleted and released in batches.
 */
import { Cause, Clock, Duration, Effect, Exit, Fiber, Layer, Option } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import * as Alarms from "./Alarms.ts"
import { type Answer, batchCall, type BatchCallOptions } from "./batchCall.ts"
import * as Batcher from "./Batcher.ts"
import { Lease, type Release } from "./Lease.ts"
import { SQS_BATCH_SIZE, SQS_MAX_VISIBILITY_SECONDS, SqsSource } from "./SqsSource.ts"

/** How to hold messages. */
export interface LeaseOptions {
  /** For how long a message was made invisible by its receipt, and is by every extension. */
  readonly visibilityTimeout: Duration.Duration
  /** How long a delete, release or extension waits for others to share its call: 100 ms unless told. */
  readonly batchWindow?: Duration.Duration
}

/** So long before SQS's ceiling work is interrupted, so that its message is released while it can be. */
export const CEILING_MARGIN = Duration.minutes(5)

/** So long before the ceiling invisibility ends at the latest: SQS began to count a little before we had the message. */
const CEILING_SLACK = Duration.minutes(1)

/** Extensions that fail are tried again ever sooner, but not sooner than this. **Units** Milliseconds. */
const SHORTEST_PAUSE = 1000

const make = Effect.fnUntraced(function* ({ batchWindow = Duration.millis(100), visibilityTimeout }: LeaseOptions) {
  const source = yield* SqsSource
  const timeoutMillis = Duration.toMillis(visibilityTimeout)

  const batcher = <Item extends { readonly message: QueueMessage }>(call: BatchCallOptions<Item>) =>
    Batcher.make({
      keyOf: (item: Item) => item.message.queue,
      maxSize: SQS_BATCH_SIZE,
      window: batchWindow,
      send: batchCall(call)
    })

  const extensions = yield* batcher<{ readonly message: QueueMessage; readonly timeout: Duration.Duration }>({
    what: "extend the leases on",
    otherwise: "it is tried again",
    call: (queue, entries) => source.extend(queue, entries)
  })
  const deletes = yield* batcher<{ readonly message: QueueMessage }>({
    what: "delete",
    otherwise: "they come back and are shipped again",
    call: (queue, entries) =>
      source.delete(
        queue,
        entries.map(({ message }) => message)
      )
  })
  const releases = yield* batcher<{ readonly message: QueueMessage; readonly delay: Duration.Duration }>({
    what: "release",
    otherwise: "they come back when their leases run out",
    call: (queue, entries) => source.release(queue, entries)
  })

  // After the batchers, because the scope closes in reverse: an extension that has begun still gets its answer.
  const alarms = yield* Alarms.make

  /** Extends the lease, now and again and again, for as long as it can be, and tells why it no longer can. */
  const keepInvisible = Effect.fnUntraced(function* (message: QueueMessage): Effect.fn.Return<Loss> {
    let invisibleUntil = endOfReceipt(message)
    for (;;) {
      const extendedAt = yield* Clock.currentTimeMillis
      if (extendedAt >= ceilingOf(message, CEILING_MARGIN)) return { _tag: "CeilingReached" }
      const timeout = yield* belowCeiling(message, visibilityTimeout)
      const answer = yield* extensions.submit({ message, timeout })
      if (answer._tag === "Refused") return answer
      if (answer._tag === "Done") invisibleUntil = extendedAt + Duration.toMillis(timeout)
      yield* Effect.sleep(pauseOf(message, invisibleUntil, yield* Clock.currentTimeMillis))
    }
  })

  const endOfReceipt = ({ receivedAt }: QueueMessage) => receivedAt + timeoutMillis

  const release = (message: QueueMessage, delay: Duration.Duration) =>
    Effect.flatMap(belowCeiling(message, delay), (delay) => releases.submit({ message, delay }))

  const settle = (message: QueueMessage, ended: Exit.Exit<void, Release>): Effect.Effect<Answer> => {
    if (Exit.isSuccess(ended)) return deletes.submit({ message })
    const asked = Cause.findErrorOption(ended.cause)
    if (Option.isSome(asked)) return release(message, asked.value.delay)
    if (!Cause.hasDies(ended.cause)) return release(message, Duration.zero)
    return Effect.andThen(
      Effect.logError("Work on a message died of a defect; the message will be tried again.", ended.cause),
      release(message, visibilityTimeout)
    )
  }

  const end = (message: QueueMessage, ended: Exit.Exit<void, Release>, loss: Loss | undefined): Effect.Effect<void> => {
    if (loss?._tag === "Refused") return sayLoss(message, loss)
    const settled = Effect.flatMap(settle(message, ended), (answer) =>
      answer._tag === "Refused" ? sayLoss(message, answer) : Effect.void
    )
    return loss === undefined ? settled : Effect.andThen(sayLoss(message, loss), settled)
  }

  /** Begins to keep the message invisible when that is due. */
  const keep = (message: QueueMessage, clock: Clock.Clock, onLoss: (loss: Loss) => Effect.Effect<void>) =>
    alarms.set(
      pauseOf(message, endOfReceipt(message), clock.currentTimeMillisUnsafe()),
      Effect.suspend(() => Effect.provideService(Effect.flatMap(keepInvisible(message), onLoss), Clock.Clock, clock))
    )

  const hold = <R>(message: QueueMessage, work: Effect.Effect<void, Release, R>): Effect.Effect<void, never, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.forkChild(work, { startImmediately: true }), (working) =>
        Effect.clockWith((clock) => {
          let loss: Loss | undefined
          const keeping = keep(message, clock, (why) => {
            loss = why
            return Fiber.interrupt(working)
          })
          return restore(Fiber.await(working)).pipe(
            // How the work itself ended is what counts: it may have succeeded in the very moment of the interruption.
            Effect.catchCause(() => Effect.andThen(Fiber.interrupt(working), Fiber.await(working))),
            Effect.tap(keeping.cancel),
            Effect.flatMap((ended) => end(message, ended, loss))
          )
        })
      )
    )

  return Lease.of({ hold })
})

/** Why a message could not be held any longer: its time is over, or SQS no longer takes its receipt handle. */
type Loss = { readonly _tag: "CeilingReached" } | Extract<Answer, { readonly _tag: "Refused" }>

const sayLoss = (message: QueueMessage, loss: Loss) =>
  Effect.logWarning(
    loss._tag === "CeilingReached"
      ? "Work on a message was stopped short of the 12 hours for which SQS lets it be held; it will be tried again."
      : `The lease on a message was lost (${loss.code}); whoever receives it next will ship it again.`
  ).pipe(Effect.annotateLogs({ messageId: message.messageId, queue: message.queue.name }))

/** When the message's time is over but for `margin`, in milliseconds since the epoch. */
const ceilingOf = (message: QueueMessage, margin: Duration.Duration) =>
  message.receivedAt + SQS_MAX_VISIBILITY_SECONDS * 1000 - Duration.toMillis(margin)

/** The duration, or what is left below the ceiling: SQS refuses what goes beyond. */
const belowCeiling = (message: QueueMessage, duration: Duration.Duration) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    Duration.clamp(Duration.millis(ceilingOf(message, CEILING_SLACK) - now), {
      minimum: Duration.zero,
      maximum: duration
    })
  )

/**
 * How long until the lease is extended next, in milliseconds: half of what is left, which is half the timeout as a rule, and nearer and
 * nearer to its end while extensions fail; but no longer than until the ceiling.
 */
const pauseOf = (message: QueueMessage, invisibleUntil: number, now: number): number =>
  Math.min(Math.max((invisibleUntil - now) / 2, SHORTEST_PAUSE), ceilingOf(message, CEILING_MARGIN) - now)

/**
 * Leases over the `SqsSource` that is provided.
 *
 * **Guarantee** Beyond the port's: `hold` returns when the message is settled, some 10 seconds after `work` ended at the
 * latest, even when SQS does not answer. Closing the Layer sends what still waits for its batch.
 */
export const layer = (options: LeaseOptions): Layer.Layer<Lease, never, SqsSource> => Layer.effect(Lease, make(options))
