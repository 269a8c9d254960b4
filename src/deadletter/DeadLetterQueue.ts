/**
 * Dead letters in an SQS queue, one message each.
 */
import { Duration, Effect, Layer } from "effect"
import type { QueueRef } from "../domain/QueueRef.ts"
import * as retry from "../retry.ts"
import { isTransient, SqsSource } from "../source/SqsSource.ts"
import type { DeadLetter } from "./DeadLetter.ts"
import { DeadLetters, type DeadLettersError, unavailable } from "./DeadLetters.ts"
import { toMessage } from "./letterAttributes.ts"

/** Letters that are sent at a time. */
const CONCURRENCY = 8

/** How long one letter may take, retries included: then its message waits in its own queue. */
const LIMIT = Duration.seconds(10)

/**
 * The destination that `deadLetter.queue` names.
 *
 * **Guarantee** A letter that was kept is in the queue, its content as the message's body and the rest as attributes.
 *
 * **Errors** Beside an SQS that is down: a letter that is larger than the queue allows is not taken.
 */
export const layer = (queue: QueueRef): Layer.Layer<DeadLetters, never, SqsSource> =>
  Layer.effect(
    DeadLetters,
    Effect.map(SqsSource, (sqs) => {
      const keepOne = (letter: DeadLetter): Effect.Effect<void, DeadLettersError> =>
        sqs.send(queue, toMessage(letter)).pipe(
          Effect.retry({ schedule: retry.settle, while: isTransient }),
          Effect.mapError(({ message }) => unavailable(message)),
          Effect.timeoutOrElse({
            duration: LIMIT,
            orElse: () => Effect.fail(unavailable(`queue ${queue.name}: no answer within ${Duration.format(LIMIT)}`))
          })
        )
      return {
        name: `queue ${queue.name}`,
        keep: (letters) => Effect.forEach(letters, keepOne, { concurrency: CONCURRENCY, discard: true })
      }
    })
  )
