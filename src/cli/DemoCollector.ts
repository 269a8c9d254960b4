/**
 * `s3beat demo-collector`: the far end of `s3beat demo --output logstash`, which starts it for itself.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"

/** Takes what is shipped to it and writes it to a file, until its stdin ends. */
export const demoCollector = Command.make(
  "demo-collector",
  {
    events: Flag.String("events").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The file to which events are appended, one line of JSON each")
    )
  },
  Effect.fn("s3beat.demoCollector")(function* ({ events }) {
    // As with the demo itself.
    const { runDemoCollector } = yield* Effect.promise(() => import("./runDemoCollector.ts"))
    yield* runDemoCollector(events)
  })
).pipe(
  Command.withDescription("The collector of s3beat demo --output logstash: prints its port, and ends with its stdin"),
  Command.unlisted
)
