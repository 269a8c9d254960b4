/**
 * `s3beat demo`: the whole story on one machine, with an AWS of its own.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"

/** Uploads logs, runs the daemon as `run` does, and proves that everything arrived. */
export const demo = Command.make(
  "demo",
  {
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription("Stay up afterwards, to upload more by hand"),
      Flag.withDefault(false)
    ),
    output: Flag.Literals("output", ["file", "logstash"]).pipe(
      Flag.withDescription(
        "file: events go into a file; logstash: to a collector in a process of its own, over the Lumberjack protocol"
      ),
      Flag.withDefault("file")
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the summary as one JSON object instead of a table"),
      Flag.withDefault(false)
    )
  },
  Effect.fn("s3beat.demo")(function* (options) {
    // What the demo is made of is of no use to any other command, nor installed with the package.
    const { runDemo } = yield* Effect.promise(() => import("./runDemo.ts"))
    yield* runDemo(options)
  })
).pipe(
  Command.withDescription(
    "Show everything on one machine: three AWS accounts of its own, logs, the daemon, and the proof"
  ),
  Command.withExamples([
    { command: "s3beat demo --keep", description: "Stay up, to upload more with the AWS CLI" },
    { command: "s3beat demo --output logstash", description: "Ship to a collector, as to Logstash or Open Collector" }
  ])
)
