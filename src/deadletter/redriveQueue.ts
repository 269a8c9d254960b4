/**
 * The redrive of `deadLetter.queue`, and of any other dead-letter queue.
 */
import { Clock, Deferred, Duration, Effect, Exit } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { Lease } from "../source/Lease.ts"
import { SQS_BATCH_SIZE, SqsSource, type SqsSourceError } from "../source/SqsSource.ts"
import { fromMessage } from "./letterAttributes.ts"
import { type Redrive, RedriveError } from "./Redrive.ts"

/** A long poll asks all of SQS's servers, a short one only some: an empty answer to this one means that the queue is empty. */
const WAIT = Duration.seconds(2)

/** Where the letters are. */
export interface RedriveQueueOptions {
  readonly queue: QueueRef
  /** The queue of those that s3beat did not send: they came by its redrive policy. As `nameOf` writes it. */
  readonly origin: string
  readonly visibilityTimeout: Duration.Duration
}

/**
 * Sends back what is selected of the letters in the queue that were there when it began: one that fails again at once, and
 * comes back as a dead letter, is left for the next time.
 *
 * **Guarantee** A letter is deleted only after it went back. The others are held until the end, so that none is met twice, and
 * then visible again at once.
 *
 * **Errors** `RedriveError` when the queue cannot be received from, or `redrive` fails.
 */
export const redriveQueue = Effect.fnUntraced(function* (options: RedriveQueueOptions, redrive: Redrive) {
  const source = yield* SqsSource
  const lease = yield* Lease
  const asked = { max: SQS_BATCH_SIZE, wait: WAIT, visibilityTimeout: options.visibilityTimeout }
  const startedAt = yield* Clock.currentTimeMillis

  const handle = Effect.fnUntraced(function* (message: QueueMessage) {
    const letter = fromMessage(message, options.origin)
    if (message.sentAt <= startedAt) return yield* redrive.handle(letter)
    redrive.leave(letter)
    return false
  })

  /** Holds the message from now on until the scope closes, unless it goes back; answers when that is decided. */
  const hold = Effect.fnUntraced(function* (message: QueueMessage) {
    const decided = yield* Deferred.make<boolean, RedriveError>()
    const work = handle(message).pipe(
      Effect.onExit((exit) => Deferred.done(decided, exit)),
      Effect.catch(() => Effect.succeed(false)),
      Effect.flatMap((isBack) => (isBack ? Effect.void : Effect.never))
    )
    // Held without its body: there may be many.
    yield* Effect.forkScoped(lease.hold({ ...message, body: "" }, work))
    return decided
  })

  while (!redrive.isDone()) {
    const messages = yield* Effect.mapError(source.receive(options.queue, asked), stopped)
    if (messages.length === 0) return
    const decisions = yield* Effect.forEach(messages, hold)
    const ends = yield* Effect.forEach(decisions, (decision) => Effect.exit(Deferred.await(decision)))
    for (const end of ends) if (Exit.isFailure(end)) return yield* end
  }
}, Effect.scoped)

const stopped = ({ message }: SqsSourceError) => new RedriveError({ detail: message })
