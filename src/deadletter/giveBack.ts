/**
 * The way back of one dead letter: a message to its queue, an event to the output.
 */
import { Duration, Effect } from "effect"
import type { EventBatch } from "../domain/EventBatch.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import type { Publisher } from "../output/Publisher.ts"
import * as retry from "../retry.ts"
import { isTransient, SqsSource } from "../source/SqsSource.ts"
import type { DeadLetter } from "./DeadLetter.ts"
import { LetterRefused, RedriveError } from "./Redrive.ts"

/** Where letters go back to. */
export interface GiveBackOptions {
  /** The queue of this name, where it is known. */
  readonly queueOf: (origin: string) => QueueRef | undefined
  /** Asked for only when there is an event to publish: the output may be in use by a daemon. */
  readonly publisher: Effect.Effect<Publisher["Service"], RedriveError>
}

/** How long the output may be down: a daemon waits for ever, but here someone waits. */
const PUBLISH_LIMIT = Duration.minutes(1)

/** **Guarantee** Returns when the queue or the output has what went back, and not before. */
export const giveBack = ({ publisher, queueOf }: GiveBackOptions) =>
  Effect.fnUntraced(function* (letter: DeadLetter): Effect.fn.Return<void, LetterRefused | RedriveError, SqsSource> {
    if (letter.kind === "event") return yield* publishAgain(yield* publisher, letter.event)
    const sqs = yield* SqsSource
    const queue = queueOf(letter.queue)
    if (queue === undefined) {
      return yield* new LetterRefused({ detail: `its queue ${letter.queue} is none of sqsQueues; name one with --to` })
    }
    yield* sqs.send(queue, { body: letter.body }).pipe(
      Effect.retry({ schedule: retry.awsCall, while: isTransient }),
      Effect.mapError(({ message }) => new RedriveError({ detail: message }))
    )
  })

const publishAgain = (publisher: Publisher["Service"], event: string) =>
  publisher.publish(batchOf(event)).pipe(
    Effect.mapError(({ events }) => new LetterRefused({ detail: `refused again: ${events[0]?.detail ?? "unknown"}` })),
    Effect.timeoutOrElse({
      duration: PUBLISH_LIMIT,
      orElse: () =>
        Effect.fail(
          new RedriveError({ detail: `the output has not taken an event within ${Duration.format(PUBLISH_LIMIT)}` })
        )
    })
  )

const batchOf = (event: string): EventBatch => {
  const bytes = Buffer.from(`${event}\n`)
  return { bytes, count: 1, ends: Uint32Array.of(bytes.byteLength) }
}
