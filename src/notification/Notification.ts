/**
 * What a message says.
 */
import { Schema } from "effect"
import type { ObjectRef } from "../domain/ObjectRef.ts"

/**
 * The content of one message.
 *
 * **Shape** `objects` in the order in which the message names them. `ignored` counts what the message says beside: S3's test
 * events, and events that are not the creation of an object.
 */
export interface Notification {
  readonly objects: ReadonlyArray<ObjectRef>
  readonly ignored: { readonly testEvents: number; readonly notCreated: number }
}

/**
 * The body is no notification that s3beat knows.
 *
 * **Guarantee** `detail` says where the body differs from what is expected, and never quotes the body.
 */
export class NotificationUnreadable extends Schema.TaggedError<NotificationUnreadable>()("NotificationUnreadable", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}
