/**
 * The port to what there is to know of a queue without taking anything from it.
 */
import type { Effect } from "effect"
import { Context } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import type { QueueDescription, SqsSourceError } from "../source/SqsSource.ts"

/**
 * The attributes that matter to s3beat.
 *
 * **Shape** `policy` is the queue policy as AWS has it, as JSON text; `kmsKey` the id, ARN or alias of its key.
 *
 * **Units** `visibilitySeconds` in seconds.
 */
export interface QueueAttributes {
  readonly arn: string
  readonly visibilitySeconds: number
  readonly policy?: string
  readonly kmsKey?: string
}

/** A queue that is there. **Shape** Without `attributes` when the identity may not ask for them. */
export interface InspectedQueue extends QueueDescription {
  readonly attributes?: QueueAttributes
}

/** SQS, as the checks need it: as the identity that polls the queue. */
export class QueueInspector extends Context.Service<
  QueueInspector,
  {
    /** Finds the queue, and asks for what may be known of it. */
    readonly inspect: (queue: QueueRef) => Effect.Effect<InspectedQueue, SqsSourceError>

    /**
     * Receives one message and makes it visible again at once; undefined when there is none.
     *
     * **Guarantee** The message stays in the queue, whatever happens: when it cannot be given back it comes back by itself within half a
     * minute. Its receive count has risen by one.
     */
    readonly peek: (queue: QueueRef) => Effect.Effect<QueueMessage | undefined, SqsSourceError>

    /**
     * Asks for this with what no queue of its kind takes, a receipt handle that no receipt ever had for one, and AWS refuses it
     * only after it has looked whether the identity may.
     *
     * **Errors** `AccessDenied` when it may not.
     *
     * **Not promised** That what only resembles SQS refuses it: a queue there may be left with a message that says what it is.
     */
    readonly rehearse: (
      queue: QueueRef,
      operation: "delete" | "release" | "send"
    ) => Effect.Effect<void, SqsSourceError>
  }
>()("s3beat/check/QueueInspector") {}
