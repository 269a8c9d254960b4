/**
 * From a message to the objects that are worth opening.
 */
import { Effect, Metric } from "effect"
import { isDigestKey } from "../decode/isDigestKey.ts"
import type { ObjectRef } from "../domain/ObjectRef.ts"
import type { QueueMessage } from "../domain/QueueMessage.ts"
import type { NotificationUnreadable } from "../notification/Notification.ts"
import { parseNotification } from "../notification/parseNotification.ts"
import * as metrics from "../telemetry/metrics.ts"

/**
 * The objects that the message announces, without those that the key filters leave out and without CloudTrail's digests;
 * what is left out is counted by cause.
 */
export const objectsOf = (
  message: QueueMessage,
  acceptsKey: (key: string) => boolean
): Effect.Effect<ReadonlyArray<ObjectRef>, NotificationUnreadable> =>
  Effect.gen(function* () {
    const notification = yield* Effect.fromResult(parseNotification(message.body))
    const skipped = { ...notification.ignored, filtered: 0, digest: 0 }
    const objects = notification.objects.filter((object) => {
      if (!acceptsKey(object.key)) skipped.filtered++
      else if (isDigestKey(object.key)) skipped.digest++
      else return true
      return false
    })
    yield* count("test_event", skipped.testEvents)
    yield* count("not_created", skipped.notCreated)
    yield* count("filtered", skipped.filtered)
    yield* count("digest", skipped.digest)
    return objects
  })

const count = (cause: Parameters<typeof metrics.nothingToShip>[0], times: number) =>
  times === 0 ? Effect.void : Metric.update(metrics.nothingToShip(cause), times)
