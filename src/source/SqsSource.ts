/**
 * The port to SQS: receive messages, and say what becomes of them.
 *
 * Only `Lease` may call `extend`, `delete` and `release`; only the receive loop of `pipeline/Ingest.ts` and the redrive of
 * dead letters call `receive`; only what concerns dead letters calls `send`.
 */
import type { Duration, Effect } from "effect"
import { Context, Schema } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import { AccessDenied, CredentialsExpired, Unavailable } from "../domain/reasons.ts"

/** SQS hands over at most 10 messages a call, and takes at most 10 entries in a batch. */
export const SQS_BATCH_SIZE = 10

/** The longest that ReceiveMessage may wait for a message. */
export const SQS_MAX_WAIT_SECONDS = 20

/** The attributes that a message may have. */
export const SQS_MAX_ATTRIBUTES = 10

/** What a message may weigh: its body, and the names, types and values of its attributes. A queue may allow less. */
export const SQS_MAX_MESSAGE_BYTES = 1_048_576

/** Before the names of the attributes that s3beat gives a message, and by which it asks for them. */
export const ATTRIBUTE_PREFIX = "s3beat."

/** A message can be kept invisible for 12 hours at most, counted from its receipt. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200

/**
 * What SQS tells of a queue.
 *
 * **Shape** `redrive` is absent when the queue has no redrive policy, and also when we may not ask
 * (`sqs:GetQueueAttributes` is a permission that s3beat can do without): `attributesDenied` tells the two apart.
 */
export interface QueueDescription {
  readonly url: string
  readonly identity: string
  readonly attributesDenied: boolean
  readonly redrive?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number }
}

/** An entry of a batch that SQS refused while it took the others. */
export interface EntryFailure {
  readonly messageId: string
  readonly code: string
  /** `true`: the fault was SQS's own, try again. `false`: the receipt handle is no longer good, the lease is lost. */
  readonly isRetryable: boolean
}

/** The queue is not there, or not visible to the identity that asks. */
export class QueueMissing extends Schema.TaggedError<QueueMissing>()("QueueMissing", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/**
 * SQS did not do what was asked, as a whole call (failures of single entries are `EntryFailure`s).
 *
 * **Errors** `Unavailable`: try again with backoff. `CredentialsExpired`: the adapter has already refreshed and tried once
 * more; try again with backoff. `AccessDenied`, `QueueMissing`: a person must act; keep trying slowly.
 */
export class SqsSourceError extends Schema.TaggedError<SqsSourceError>()("SqsSourceError", {
  queue: Schema.String,
  operation: Schema.Literals(["describe", "receive", "extend", "delete", "release", "send"]),
  reason: Schema.Union([Unavailable, AccessDenied, CredentialsExpired, QueueMissing])
}) {
  override get message() {
    return `${this.operation} on queue ${this.queue}: ${this.reason.detail}`
  }
}

/** Whether the call may be tried again by itself: no person has to act first. */
export const isTransient = ({ reason }: SqsSourceError): boolean =>
  reason._tag === "Unavailable" || reason._tag === "CredentialsExpired"

/** SQS, as the pipeline needs it. */
export class SqsSource extends Context.Service<
  SqsSource,
  {
    /** Resolves the queue (name → URL) and reads what may be known of it. */
    readonly describe: (queue: QueueRef) => Effect.Effect<QueueDescription, SqsSourceError>

    /**
     * Waits up to `wait` for messages and takes at most `max` of them, invisible to others for `visibilityTimeout`.
     *
     * **Shape** 0 to `max` messages, in no order. `max` is 1 to 10, `wait` 0 to 20 s, `visibilityTimeout` whole seconds.
     *
     * **Guarantee** Interruption aborts the wait at once. Not promised: that a message which SQS was just handing over
     * then is visible again before its timeout.
     */
    readonly receive: (
      queue: QueueRef,
      options: { readonly max: number; readonly wait: Duration.Duration; readonly visibilityTimeout: Duration.Duration }
    ) => Effect.Effect<ReadonlyArray<QueueMessage>, SqsSourceError>

    /** Makes each message, 1 to 10 of them, stay invisible for `timeout` from now on. Answers the entries that failed. */
    readonly extend: (
      queue: QueueRef,
      entries: ReadonlyArray<{ readonly message: QueueMessage; readonly timeout: Duration.Duration }>
    ) => Effect.Effect<ReadonlyArray<EntryFailure>, SqsSourceError>

    /** Deletes the messages, 1 to 10 of them, for good. Answers the entries that failed. */
    readonly delete: (
      queue: QueueRef,
      messages: ReadonlyArray<QueueMessage>
    ) => Effect.Effect<ReadonlyArray<EntryFailure>, SqsSourceError>

    /** Makes each message, 1 to 10 of them, visible again after `delay` (0: at once). Answers the entries that failed. */
    readonly release: (
      queue: QueueRef,
      entries: ReadonlyArray<{ readonly message: QueueMessage; readonly delay: Duration.Duration }>
    ) => Effect.Effect<ReadonlyArray<EntryFailure>, SqsSourceError>

    /**
     * Sends a message, and returns when SQS has it for good.
     *
     * **Shape** `attributes` by their whole names, which begin with `ATTRIBUTE_PREFIX`. SQS refuses what is too large, an
     * attribute without a value, and characters that XML does not allow. A queue in order (FIFO) gets each as a group of its
     * own, so that none waits for another.
     *
     * **Not promised** That a message is not there when this fails or is interrupted: the answer may have been lost.
     */
    readonly send: (
      queue: QueueRef,
      message: { readonly body: string; readonly attributes?: Readonly<Record<string, string>> }
    ) => Effect.Effect<void, SqsSourceError>
  }
>()("s3beat/source/SqsSource") {}
