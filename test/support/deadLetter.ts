/**
 * Dead letters as the pipeline makes them.
 */
import type { DeadLetter } from "../../src/deadletter/DeadLetter.ts"

const common = {
  at: "2026-01-02T03:04:05.678Z",
  queue: "events:us-east-1",
  attempts: 3,
  object: "s3://logs/key"
}

/** A rejected message. */
export const messageLetter = (messageId: string, more: Partial<DeadLetter & { readonly kind: "message" }> = {}) =>
  ({
    kind: "message",
    ...common,
    reason: "ObjectCorrupt",
    detail: "s3://logs/key: bad gzip",
    messageId,
    body: `{"of":"${messageId}"}`,
    ...more
  }) satisfies DeadLetter

/** A refused event. */
export const eventLetter = (messageId: string, more: Partial<DeadLetter & { readonly kind: "event" }> = {}) =>
  ({
    kind: "event",
    ...common,
    reason: "EventsRejected",
    detail: "mapping conflict",
    messageId,
    event: `{"message":"of ${messageId}"}`,
    ...more
  }) satisfies DeadLetter
