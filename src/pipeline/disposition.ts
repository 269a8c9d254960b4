/**
 * What becomes of a message, by the reason why it could not be shipped: the one table that says so.
 */
import { Duration } from "effect"
import type { DestinationUnavailable } from "../deadletter/DeadLetters.ts"
import type { DecodeError } from "../decode/Decoder.ts"
import type { NotificationUnreadable } from "../notification/Notification.ts"
import type { EventsRejected } from "../output/Output.ts"
import type { S3ReaderError } from "../reader/S3Reader.ts"

/** Everything that can end the shipping of one object or message. */
export type Failure = S3ReaderError | DecodeError | NotificationUnreadable | EventsRejected | DestinationUnavailable

/** The reason of a failure: its tag decides. */
export type Reason =
  | S3ReaderError["reason"]
  | DecodeError["reason"]
  | NotificationUnreadable
  | EventsRejected
  | DestinationUnavailable

/**
 * **Shape** `delete`: the message has done its duty. `release`: try again later. `reject`: trying again is useless; the
 * message goes to the queue's own dead-letter queue by its redrive policy, or among the dead letters, or is kept.
 */
export type Action = "delete" | "release" | "reject"

/**
 * What to do with the message, and whether a person must act (`Error`) or not (`Warn`: nothing is lost, it mends itself).
 */
export interface Disposition {
  readonly action: Action
  readonly logLevel: "Warn" | "Error"
}

const table: { readonly [Tag in Reason["_tag"]]: Disposition } = {
  NotificationUnreadable: { action: "reject", logLevel: "Error" },
  ObjectMissing: { action: "delete", logLevel: "Warn" },
  BucketMissing: { action: "reject", logLevel: "Error" },
  // Deleting on a refusal would lose every log line that arrives while a policy is wrong.
  AccessDenied: { action: "release", logLevel: "Error" },
  CredentialsExpired: { action: "release", logLevel: "Warn" },
  Unavailable: { action: "release", logLevel: "Warn" },
  BodyInterrupted: { action: "release", logLevel: "Warn" },
  ObjectCorrupt: { action: "reject", logLevel: "Error" },
  ObjectTooLarge: { action: "reject", logLevel: "Error" },
  // Refused events are kept among the dead letters (`refusedEvents.ts`); these had no destination.
  EventsRejected: { action: "reject", logLevel: "Error" },
  DestinationUnavailable: { action: "release", logLevel: "Error" }
}

/** The reason inside a failure. */
export const reasonOf = (failure: Failure): Reason => {
  switch (failure._tag) {
    case "S3ReaderError":
    case "DecodeError":
      return failure.reason
    default:
      return failure
  }
}

/**
 * The table's row for a failure. `onMissingObject: "reject"` keeps the messages of objects that are gone.
 */
export const dispositionOf = (
  failure: Failure,
  options: { readonly onMissingObject: "delete" | "reject" }
): Disposition => {
  const tag = reasonOf(failure)._tag
  return tag === "ObjectMissing" && options.onMissingObject === "reject"
    ? { action: "reject", logLevel: "Error" }
    : table[tag]
}

/** The first wait of a message that is released, doubled with each receipt. */
const BACKOFF_BASE_SECONDS = 10

/** The longest wait of a message that is released. */
const BACKOFF_MAX_SECONDS = 900

/**
 * How long a released message stays invisible: min(2^receiveCount × 10 s, 15 min).
 *
 * **Units** `receiveCount` is 1 at the first receipt, so the first wait is 20 s.
 */
export const backoff = (receiveCount: number): Duration.Duration =>
  Duration.seconds(Math.min(2 ** receiveCount * BACKOFF_BASE_SECONDS, BACKOFF_MAX_SECONDS))
