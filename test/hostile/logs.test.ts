/**
 * What keys and lines can write into the log of the real process: nothing but themselves.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as World from "../support/embeddedAws.ts"
import { notificationOf } from "../support/pipeline.ts"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import { layer, writeConfig } from "../support/runWorld.ts"

/** What would be a line of its own, go back over one, change its direction, or end a JSON text. */
const FORGED = [
  "\nERROR FORGED",
  "\r\nERROR FORGED",
  "\u2028ERROR FORGED",
  "\u0085ERROR FORGED",
  "\u001b[2K\u001b[1GERROR FORGED",
  "\u202eDEGROF RORRE",
  "\u0000\u0007\u0008\u007f\u009b31mERROR FORGED",
  '"}\n{"level":"ERROR","message":"FORGED'
]

describe.each(["pretty", "json"])("hostile keys and lines, in a %s log", (format) => {
  it.live(
    "forge no line, move no cursor, and turn no text around",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const config = yield* writeConfig({ keys: ["heartbeatdisabled: true"] })
        const daemon = yield* RunningS3beat.start(["run", "-c", config, "--log-format", format, "--log-level", "all"])
        yield* daemon.wrote("stderr", "Started s3beat")
        for (const text of FORGED) {
          for (const bucket of ["prod-logs", "own-logs", `prod-logs${text}`]) {
            yield* aws.sendMessage(World.arn.events, notificationOf({ bucket, key: `a${text}`, region: "us-east-1" }))
          }
          yield* aws.sendMessage(World.arn.events, `{"Records":[{"eventVersion":${JSON.stringify(text)}}]}`)
          yield* aws.sendMessage(World.arn.events, text.replaceAll(/[^\n\r\u0020-\ud7ff]/gu, ""))
        }
        yield* aws.putObject("prod-logs", "lines.log", Buffer.from(FORGED.join("")))
        yield* daemon.wrote("stdout", "DEGROF")
        yield* Effect.repeat(Effect.delay(aws.queueDepth(World.arn.events), "50 millis"), {
          until: ({ ready }) => ready === 0
        })
        yield* daemon.wrote("stderr", "DEGROF")
        yield* daemon.signal("SIGTERM")
        const { exitCode, stderr, stdout } = yield* daemon.ended
        assert.strictEqual(exitCode, 0)
        for (const line of stderr.split("\n")) {
          assert.notMatch(line, /^ERROR|^\{"level":"ERROR","message":"FORGED|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        }
        if (format === "json") for (const line of stderr.trimEnd().split("\n")) assert.isObject(JSON.parse(line))
        // An event is the record as it is, but always one line of JSON.
        for (const line of stdout.trimEnd().split("\n")) assert.isObject(JSON.parse(line))
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )
})
