/**
 * One batch operation on SQS, repeated for the entries that were not taken, until each has its answer.
 */
import { Cause, Data, Duration, Effect } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { Unavailable } from "../domain/reasons.ts"
import * as retry from "../retry.ts"
import { type EntryFailure, isTransient as isTransientOfCall, SqsSourceError } from "./SqsSource.ts"

/**
 * How long a batch may take, retries included. `retry.settle` pauses for some 3 seconds of it; the bound is for an SQS that
 * does not answer at all, so that a shutdown does not wait for it.
 */
export const BATCH_LIMIT = Duration.seconds(5)

/**
 * What SQS said to an entry.
 *
 * **Shape** `Refused`: never, because the receipt handle is no longer good; `code` is AWS's. `Failed`: not now, and the
 * retries are used up.
 */
export type Answer = Data.TaggedEnum<{
  Done: {}
  Refused: { readonly code: string }
  Failed: {}
}>

/** The answers, by name. */
export const Answer = Data.taggedEnum<Answer>()

/** The operation, and how the log speaks of it: `Could not <what> 3 messages of queue q: <why>; <otherwise>.` */
export interface BatchCallOptions<Item> {
  readonly what: string
  readonly otherwise: string
  readonly call: (
    queue: QueueRef,
    items: ReadonlyArray<Item>
  ) => Effect.Effect<ReadonlyArray<EntryFailure>, SqsSourceError>
}

/**
 * Makes the call for items of one queue, and tells each one's answer.
 *
 * **Guarantee** An entry that SQS took or refused is not sent again. Ends within `BATCH_LIMIT`. Never fails: what is `Failed`
 * has been logged here, once for all of the batch.
 */
export const batchCall =
  <Item extends { readonly message: QueueMessage }>(options: BatchCallOptions<Item>) =>
  (queue: QueueRef, items: ReadonlyArray<Item>): Effect.Effect<(item: Item) => Answer> =>
    Effect.suspend(() => {
      const answers = new Map<string, Answer>()
      let open = items

      const attempt = Effect.gen(function* () {
        const failures = new Map((yield* options.call(queue, open)).map((failure) => [failure.messageId, failure]))
        for (const { message } of open) {
          const failure = failures.get(message.messageId)
          if (failure === undefined) answers.set(message.messageId, Answer.Done())
          else if (!failure.isRetryable) answers.set(message.messageId, Answer.Refused({ code: failure.code }))
        }
        open = open.filter(({ message }) => !answers.has(message.messageId))
        const [unanswered] = open
        if (unanswered === undefined) return
        return yield* new EntriesFailed({ code: failures.get(unanswered.message.messageId)?.code ?? "" })
      })

      return attempt.pipe(
        retry.whenFailed({ schedule: retry.settle, while: isTransient }),
        Effect.timeoutOrElse({ duration: BATCH_LIMIT, orElse: noAnswer }),
        Effect.catchCause((cause) => sayFailed(options, queue, open, Cause.squash(cause))),
        Effect.as(({ message }: Item) => answers.get(message.messageId) ?? Answer.Failed())
      )
    })

/** SQS took the call, and failed at some of its entries. */
class EntriesFailed extends Data.TaggedError("EntriesFailed")<{ readonly code: string }> {
  override get message() {
    return this.code
  }
}

const noAnswer = () => Effect.fail(new Unavailable({ detail: `not done within ${Duration.format(BATCH_LIMIT)}` }))

const isTransient = (error: SqsSourceError | EntriesFailed) =>
  error._tag === "EntriesFailed" || isTransientOfCall(error)

const sayFailed = <Item extends { readonly message: QueueMessage }>(
  options: BatchCallOptions<Item>,
  queue: QueueRef,
  failed: ReadonlyArray<Item>,
  error: unknown
) => {
  const why =
    error instanceof SqsSourceError ? error.reason.detail : error instanceof Error ? error.message : String(error)
  const count = failed.length === 1 ? "1 message" : `${failed.length} messages`
  const log = error instanceof SqsSourceError && !isTransient(error) ? Effect.logError : Effect.logWarning
  return log(`Could not ${options.what} ${count} of queue ${queue.name}: ${why}; ${options.otherwise}.`).pipe(
    Effect.annotateLogs({ queue: queue.name, messageIds: failed.map(({ message }) => message.messageId) })
  )
}
