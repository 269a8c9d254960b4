/**
 * Which objects of a message are already acknowledged although the message as a whole is not: when the message comes back,
 * they are not shipped again.
 */
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"

/** Messages remembered at most; the oldest is forgotten first, and would merely ship its objects once more. */
const REMEMBERED_MESSAGES = 10_000

/**
 * The memory of partly shipped messages. Plain state, owned by one running pipeline.
 *
 * **Not promised** Anything across a restart, or between two daemons: there the events' ids tell a duplicate.
 */
export interface AckedObjects {
  readonly has: (message: QueueMessage, object: ObjectRef) => boolean
  readonly add: (message: QueueMessage, object: ObjectRef) => void
  /** The message is settled for good. */
  readonly forget: (message: QueueMessage) => void
}

const identify = (object: ObjectRef): string =>
  JSON.stringify([object.bucket, object.key, object.versionId, object.eTag])

/** An empty memory. */
export const make = (): AckedObjects => {
  const objectsOf = new Map<string, Set<string>>()
  return {
    has: (message, object) => objectsOf.get(message.messageId)?.has(identify(object)) ?? false,
    add: (message, object) => {
      const objects = objectsOf.get(message.messageId) ?? new Set()
      objects.add(identify(object))
      objectsOf.delete(message.messageId)
      objectsOf.set(message.messageId, objects)
      for (const oldest of objectsOf.keys()) {
        if (objectsOf.size <= REMEMBERED_MESSAGES) break
        objectsOf.delete(oldest)
      }
    },
    forget: (message) => {
      // Mostly it remembers none, and then need not look for one.
      if (objectsOf.size > 0) objectsOf.delete(message.messageId)
    }
  }
}
