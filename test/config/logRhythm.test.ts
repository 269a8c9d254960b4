/**
 * The `s3beat.yml` that users of LogRhythm's beat bring along.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { configKeys } from "../../src/config/S3beatConfig.ts"
import { configOf, errorsOf, warningsOf, withKeys } from "./configText.ts"

const file = `################### S3Beat Configuration #########################
s3beat:
  # Polling interval
  period: 10s
  beatIdentifier: prod
  sqsQueues: ["cloudtrail-events:us-east-1", "flow-logs:eu-west-1"]
  awsFlag: false
  accessKeyID: AKIAIOSFODNN7EXAMPLE
  secretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
  assumeRoleFlag: true
  assumeRoleArn: ["arn:aws:iam::111111111111:role/s3beat-reader"]
  "stsCredsExpirationTime ": 1
  multiline.pattern: ''
  multiline.negate: 'true'
  multiline.match: after
  traits.inclusion: ''
  traits.exclusion: ''
  heartbeatinterval: 60
  heartbeatdisabled: false
  logsource_name: ''

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

output.file:
  path: /tmp/s3beat
  filename: s3beat
  rotate_every_kb: 10000
  number_of_files: 2

logging.level: info
logging.to_files: true
logging.files:
  path: /var/log/s3beat
  keepfiles: 7
`

describe("a file in LogRhythm's spelling", () => {
  it("is read unchanged", () => {
    const config = configOf(file)
    assert.strictEqual(config.fullyQualifiedBeatName, "s3beat_prod")
    assert.deepStrictEqual(config.sqsQueues, [
      { name: "cloudtrail-events", region: "us-east-1" },
      { name: "flow-logs", region: "eu-west-1" }
    ])
    assert.deepStrictEqual(
      config.assumeRoleArn.map(({ arn }) => arn),
      ["arn:aws:iam::111111111111:role/s3beat-reader"]
    )
    assert.deepStrictEqual(config.stsCredsExpirationTime, Duration.hours(1))
    assert.deepStrictEqual(config.heartbeatinterval, Duration.minutes(1))
    assert.isFalse("multiline" in config)
    assert.deepStrictEqual(config.traits, {})
  })

  it("has each key that is not used said once, and what is read otherwise than it looks", () => {
    assert.deepStrictEqual(warningsOf(file, {}, 0o600), [
      "s3beat.yml:12:30 stsCredsExpirationTime: 1 is taken for hours, as LogRhythm's form has them; write 1h",
      "s3beat.yml:22:1 queue: is not used: SQS itself is the durable queue, and what is in flight is bounded by maxBytesInFlight",
      "s3beat.yml:40:1 logging.to_files: is not used: logs always go to stderr, for systemd, a container or a pipe to keep",
      "s3beat.yml:41:1 logging.files: is not used: logs always go to stderr, for systemd, a container or a pipe to keep"
    ])
  })

  it("keys that LogRhythm's tools encrypted are refused with what to do", () => {
    assert.deepStrictEqual(
      errorsOf(file.replace(/secretAccessKey: .*/u, "secretAccessKey: 2||c2VjcmV0c2VjcmV0c2VjcmV0")),
      [
        "s3beat.yml:9:20 secretAccessKey: is encrypted by LogRhythm's own tools; enter the plain key, or name a variable as in ${AWS_KEY}"
      ]
    )
  })
})

describe("stsCredsExpirationTime", () => {
  it("a bare 1 to 12 counts hours, a larger number seconds", () => {
    for (let hours = 1; hours <= 12; hours++) {
      const text = withKeys(`stsCredsExpirationTime: ${hours}`)
      assert.deepStrictEqual(configOf(text).stsCredsExpirationTime, Duration.hours(hours))
      assert.deepStrictEqual(warningsOf(text), [
        `s3beat.yml:4:27 stsCredsExpirationTime: ${hours} is taken for hours, as LogRhythm's form has them; write ${hours}h`
      ])
    }
    assert.deepStrictEqual(configOf(withKeys("stsCredsExpirationTime: 3600")).stsCredsExpirationTime, Duration.hours(1))
    assert.deepStrictEqual(warningsOf(withKeys("stsCredsExpirationTime: 3600")), [])
  })

  it("what LogRhythm's form allows and AWS does not is refused", () => {
    for (const [text, message] of [
      ["0", "0s is below the minimum of 15m"],
      ["24", "24s is below the minimum of 15m"],
      ["24h", "24h is above the maximum of 12h"],
      ["240h", "240h is above the maximum of 12h"]
    ] as const) {
      assert.deepStrictEqual(errorsOf(withKeys(`stsCredsExpirationTime: ${text}`)), [
        `s3beat.yml:4:27 stsCredsExpirationTime: ${message}`
      ])
    }
  })
})

describe("keys that are not used", () => {
  const unused = configKeys.filter((key) => key.unused !== undefined && !key.path.startsWith("output."))

  it("each gives one warning, and only one", () => {
    assert.isAbove(unused.length, 20)
    for (const { path, unused: why } of unused) {
      assert.deepStrictEqual(warningsOf(`${withKeys()}${path}: {enabled: x, other: [1, 2]}\n`), [
        `s3beat.yml:5:1 ${path.replace(/^s3beat\./u, "")}: is not used: ${why}`
      ])
    }
  })
})
