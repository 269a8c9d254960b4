/**
 * The lease on a message: the only place that extends, deletes or releases one.
 */
import type { Effect } from "effect"
import { Context, Duration, Schema } from "effect"
import type { QueueMessage } from "../domain/QueueMessage.ts"

/** Why work on a message ended without the right to delete it, and when the message may be tried again. */
export class Release extends Schema.TaggedError<Release>()("Release", {
  delay: Schema.Duration,
  detail: Schema.String
}) {
  override get message() {
    return `${this.detail} (visible again in ${Duration.format(this.delay)})`
  }
}

/**
 * Holds messages for as long as work on them lasts.
 */
export class Lease extends Context.Service<
  Lease,
  {
    /**
     * Runs `work` while the message's visibility is extended at half the timeout, and settles the message by how `work`
     * ended: success deletes it; `Release` makes it visible after its delay; interruption makes it visible at once; a
     * defect is logged and makes it visible after the timeout.
     *
     * **Guarantee** The message is deleted only after `work` succeeded, and at most once. Extension goes on until `work`
     * ends, up to SQS's 12-hour ceiling, shortly before which `work` is interrupted and the message released. When SQS
     * says that the lease is lost (the receipt handle is no longer good), `work` is interrupted: another daemon has it.
     *
     * **Not promised** That a delete which SQS fails to take is repeated for ever: after its retries the message comes back,
     * and its events are shipped again with the same ids.
     */
    readonly hold: <R>(message: QueueMessage, work: Effect.Effect<void, Release, R>) => Effect.Effect<void, never, R>
  }
>()("s3beat/source/Lease") {}
