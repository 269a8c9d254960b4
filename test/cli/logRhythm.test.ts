/**
 * The file that a user of LogRhythm's beat has on disk today, run as it stands by the real program.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Collector from "../../src/demo/Collector.ts"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as RunningS3beat from "../support/RunningS3beat.ts"
import * as World from "../support/embeddedAws.ts"
import { writeFileIn } from "../support/runWorld.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

/** The keys that stand in the file. */
const beat = {
  ...World.beat,
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
}

const layer = Layer.merge(
  World.layerWith({ accounts: [World.accountA, { ...World.accountB, users: [beat] }] }),
  TemporaryDirectory.layer
)

/** Nothing but the collector's port is put in. */
const file = (port: number) => `################### S3Beat Configuration Example #########################

############################# S3Beat ######################################

s3beat:
  # Defines how often the queues are asked
  period: 10s

  # At most 12 characters: the fully qualified name is s3beat_prod
  beatIdentifier: "prod"

  # queuename:region
  sqsQueues: ["s3beat-events:us-east-1"]

  # true inside AWS
  awsFlag: 'false'
  accessKeyID: AKIAIOSFODNN7EXAMPLE
  secretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

  # Cross account access
  assumeRoleFlag: true
  assumeRoleArn:
  - "arn:aws:iam::111111111111:role/s3beat-reader"
  "stsCredsExpirationTime ": 1

  multiline.pattern: ''
  multiline.negate: 'true'
  multiline.match: after

  traits.inclusion: ''
  traits:
    exclusion: ''

  heartbeatinterval: 60
  heartbeatdisabled: false
  logsource_name: 'cloud trail'

#================================ General ======================================
name: "collector-1"
tags: ["aws", "s3"]

#================================ Queue ========================================
queue.spool:
  file:
    path: "/beats/s3beat/spool.dat"
    size: 100MiB
    page_size: 4KiB
  write:
    buffer_size: 1MiB
    codec: cbor
    flush.timeout: 1s
    flush.events: 16384
  # read.flush.timeout: 0s

#================================ Outputs ======================================
# output.file:
#   path: /tmp/s3beat

#----------------------------- Logstash output ---------------------------------
output.logstash:
  # Boolean flag to enable or disable the output module.
  enabled: true
  hosts: ["127.0.0.1:${port}"]
  worker: 1
  compression_level: 3
  escape_html: true
  ttl: 0s
  loadbalance: false
  pipelining: 2
  index: 's3beat'
  timeout: 30s
  bulk_max_size: 2048
  slow_start: false
  backoff.init: 1s
  backoff:
    max: 60s
  #ssl.certificate_authorities: ["/etc/pki/root/ca.pem"]

#================================ Logging ======================================
logging.level: info
logging.to_files: true
logging.files:
  path: /var/log/s3beat
  keepfiles: 7
logging.metrics.enabled: true
logging.metrics.period: 30s

http.enabled: false
max_procs: 2
`

describe("a LogRhythm s3beat.yml", () => {
  it.live(
    "runs unchanged and ships to the collector; each key that is not used is said once, with why",
    () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const collector = yield* Collector.make()
        const path = yield* writeFileIn("s3beat.yml", file(collector.port))
        yield* aws.putObject("prod-logs", "app.log", Buffer.from("one\ntwo\n"))
        const daemon = yield* RunningS3beat.start(["run", "-c", path], { env: { AWS_ENDPOINT_URL: aws.endpoint } })
        yield* Effect.repeat(Effect.delay(collector.events, "20 millis"), {
          until: (events) => events.some((event) => event.includes('"message":"two"'))
        })
        yield* daemon.signal("SIGTERM")
        const { exitCode, stderr } = yield* daemon.ended
        assert.strictEqual(exitCode, 0, stderr)

        const events = (yield* collector.events).map((event): Record<string, unknown> => JSON.parse(event))
        assert.sameMembers(
          events.map(({ heartbeat, message }) => message ?? JSON.parse(String(heartbeat)).status.description),
          ["Service started", "one", "two", "Service is Stopped"]
        )
        for (const event of events) assert.strictEqual(event["fullyqualifiedbeatname"], "s3beat_prod")
        assert.deepInclude(
          events.find(({ message }) => message === "one"),
          { device_type: "cloud trail", tags: ["aws", "s3"] }
        )

        assert.include(stderr, "s3beat.yml:24:30 stsCredsExpirationTime: 1 is taken for hours")
        assert.deepStrictEqual(
          [...stderr.matchAll(/s3beat\.yml:(\d+:\d+ [\w.]+): is not used: ./gu)].map(([, key]) => key),
          [
            "39:1 name",
            "43:1 queue",
            "66:3 output.logstash.escape_html",
            "70:3 output.logstash.index",
            "81:1 logging.to_files",
            "82:1 logging.files",
            "85:1 logging.metrics",
            "88:1 http",
            "89:1 max_procs"
          ]
        )
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )
})
