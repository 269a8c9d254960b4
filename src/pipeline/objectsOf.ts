/**
 * From a message to the objects that are worth opening.
 */
import { Effect, Metric, Result } from "effect"
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
  Effect.suspend(() => {
    const notification = parseNotification(message.body)
    if (Result.isFailure(notification)) return Effect.fail(notification.failure)
    const { ignored, objects } = notification.success
    const skipped = { test_event: ignored.testEvents, not_created: ignored.notCreated, filtered: 0, digest: 0 }
    const kept = objects.filter((object) => {
      if (!acceptsKey(object.key)) skipped.filtered++
      else if (isDigestKey(object.key)) skipped.digest++
      else return true
      return false
    })
    const counts = CAUSES.flatMap((cause) => (skipped[cause] === 0 ? [] : count(cause, skipped[cause])))
    return counts.length === 0 ? Effect.succeed(kept) : Effect.as(Effect.all(counts, { discard: true }), kept)
  })

const CAUSES = ["test_event", "not_created", "filtered", "digest"] as const

const count = (cause: (typeof CAUSES)[number], times: number) => Metric.update(metrics.nothingToShip(cause), times)
