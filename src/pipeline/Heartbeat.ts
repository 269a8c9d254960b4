/**
 * The heartbeat: the liveness event that the collector gets at start, every interval, and at stop.
 */
import { Clock, Duration, Effect, Option, Schedule, type Scope } from "effect"
import { type HeartbeatSender, type HeartbeatStatus, heartbeatEvent } from "../encode/heartbeatEvent.ts"
import { Publisher } from "../output/Publisher.ts"

/** Who is alive, and how often to say so. */
export interface HeartbeatOptions {
  readonly sender: HeartbeatSender
  readonly interval: Duration.Duration
}

/** How long the last heartbeat may take: the end of the process must not wait for an output that is down. */
export const STOP_LIMIT = Duration.seconds(2)

/**
 * Begins at once, goes on in the background, and ends with the scope: then the last one is sent.
 *
 * **Guarantee** At most one heartbeat waits for the output. While it does none is made; once it is through, the next comes
 * when its interval does. Closing the scope takes at most `STOP_LIMIT`. Heartbeats take nothing of the bytes in flight, and
 * are not counted among the events.
 *
 * **Not promised** That the last one arrives when the output is down.
 */
export const run = Effect.fnUntraced(function* ({
  interval,
  sender
}: HeartbeatOptions): Effect.fn.Return<void, never, Publisher | Scope.Scope> {
  const publisher = yield* Publisher

  const send = (status: HeartbeatStatus) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => publisher.publish(heartbeatEvent(sender, status, now))).pipe(
      Effect.catchTag("EventsRejected", ({ detail }) => Effect.logWarning(`The output refuses heartbeats: ${detail}.`))
    )

  const sendLast = send("stopped").pipe(
    Effect.timeoutOption(STOP_LIMIT),
    Effect.tap((sent) =>
      Option.isNone(sent)
        ? Effect.logWarning("The output did not take the last heartbeat; stops without it.")
        : Effect.void
    )
  )

  // The scope closes in reverse: first the heartbeat that waits is given up, so that the last one stands behind nothing stale.
  yield* Effect.addFinalizer(() => sendLast)
  yield* send("started").pipe(
    Effect.andThen(Effect.schedule(send("running"), Schedule.windowed(interval))),
    Effect.forkScoped
  )
})
