import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FileSystem, Redacted } from "effect"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import { configOf, warningsOf, withKeys } from "./configText.ts"

/** A valid config with roles of which more is said. */
const withRoles = (...roles: ReadonlyArray<string>) =>
  withKeys(
    "assumeRoleFlag: true",
    "assumeRoleArn:",
    ...roles.map((more) => `  - {arn: "arn:aws:iam::123456789012:role/a", ${more}}`)
  )

describe("values", () => {
  it("a config as LogRhythm writes it is read: empty texts, flags in quotes, a space behind a key", () => {
    const config = configOf(
      withKeys(
        "awsFlag: 'false'",
        "accessKeyID: ''",
        "secretAccessKey: ''",
        "assumeRoleFlag: true",
        "assumeRoleArn: [arn:aws:iam::123456789012:role/path/reader]",
        "'stsCredsExpirationTime ': 2h",
        "period: 30",
        "multiline: {pattern: '^\\d', negate: 'true', match: after}",
        "traits: {inclusion: '', exclusion: '\\.tmp$'}",
        "heartbeatinterval: 60",
        "heartbeatdisabled: false",
        "logsource_name: ''"
      )
    )
    assert.strictEqual(config.fullyQualifiedBeatName, "s3beat_prod")
    assert.deepStrictEqual(config.sqsQueues, [{ name: "cloudtrail-events", region: "us-east-1" }])
    assert.isFalse("accessKeyID" in config)
    assert.isFalse("logsource_name" in config)
    assert.strictEqual(config.assumeRoleFlag, true)
    assert.deepStrictEqual(config.assumeRoleArn, [
      { arn: "arn:aws:iam::123456789012:role/path/reader", buckets: [], queues: [] }
    ])
    assert.deepStrictEqual(config.stsCredsExpirationTime, Duration.hours(2))
    assert.deepStrictEqual(config.period, Duration.seconds(30))
    assert.deepInclude(config.multiline, { negate: true, match: "after", maxLines: 500 })
    assert.isTrue(config.multiline?.pattern.test("2024-01-02"))
    assert.deepStrictEqual(Object.keys(config.traits), ["exclusion"])
    assert.strictEqual(config.traits.exclusion?.source, "\\.tmp$")
    assert.deepStrictEqual(config.heartbeatinterval, Duration.minutes(1))
  })

  it("texts stay as they are written, numbers or not", () => {
    const config = configOf(
      `${withKeys("beatIdentifier: 007").replace("  beatIdentifier: prod\n", "")}tags: [1.0, 0x10, a]\nfields: {account: 012345678901, n: 3, on: true}\n`
    )
    assert.strictEqual(config.fullyQualifiedBeatName, "s3beat_007")
    assert.deepStrictEqual(config.tags, ["1.0", "0x10", "a"])
    assert.deepStrictEqual(config.fields, { account: "012345678901", n: 3, on: true })
  })

  it("secrets come out redacted", () => {
    const config = configOf(withKeys("accessKeyID: AKIAEXAMPLE", "secretAccessKey: 12345"))
    assert.isTrue(Redacted.isRedacted(config.secretAccessKey))
    assert.notInclude(JSON.stringify(config), "12345")
    assert.strictEqual(config.secretAccessKey && Redacted.value(config.secretAccessKey), "12345")
  })

  it("variables fill values, which are then read as if they stood there", () => {
    const config = configOf(withKeys("period: ${PERIOD:15s}", "awsFlag: ${AWS}", "logsource_name: x-${NAME}"), {
      AWS: "true",
      NAME: "flows"
    })
    assert.deepStrictEqual(config.period, Duration.seconds(15))
    assert.isTrue(config.awsFlag)
    assert.strictEqual(config.logsource_name, "x-flows")
  })

  it("the STS region is the first queue's, and buckets stand in the path where S3 is not AWS's, unless said otherwise", () => {
    const silent = configOf(withKeys("endpoints.s3: http://127.0.0.1:4566"))
    assert.strictEqual(silent.stsRegion, "us-east-1")
    assert.isTrue(silent.endpoints.s3PathStyle)
    const said = configOf(
      withKeys("stsRegion: eu-west-1", "endpoints: {s3: 'https://s3.example.org', s3PathStyle: no}")
    )
    assert.strictEqual(said.stsRegion, "eu-west-1")
    assert.isFalse(said.endpoints.s3PathStyle)
    assert.isFalse(configOf(withKeys()).endpoints.s3PathStyle)
  })

  it("the file output is read as Beats write it", () => {
    assert.deepStrictEqual(
      configOf(
        "s3beat: {beatIdentifier: a, sqsQueues: a:us-east-1}\noutput.file: {path: /tmp/x, filename: e, rotate_every_kb: 2, number_of_files: 3, permissions: 0640}"
      ).output,
      { _tag: "File", path: "/tmp/x", filename: "e", rotateEveryBytes: 2048, numberOfFiles: 3, permissions: 0o640 }
    )
  })
})

describe("warnings", () => {
  it("a key of Beats' own that s3beat has no use for gives one warning that says why", () => {
    assert.deepStrictEqual(
      warningsOf(
        `${withKeys()}queue.spool: {file.size: 100MiB, write.flush.events: 1}\nlogging.to_files: true\nsetup.kibana.host: x\n`
      ),
      [
        "s3beat.yml:5:1 queue: is not used: SQS itself is the durable queue, and what is in flight is bounded by maxBytesInFlight",
        "s3beat.yml:6:1 logging.to_files: is not used: logs always go to stderr, for systemd, a container or a pipe to keep",
        "s3beat.yml:7:1 setup: is not used: s3beat sets up no index, template or dashboard"
      ]
    )
  })

  it("roles while assumeRoleFlag is false, and keys while awsFlag is true, give a warning; their defaults give none", () => {
    assert.deepStrictEqual(
      warningsOf(
        withKeys(
          "assumeRoleArn: [arn:aws:iam::123456789012:role/a]",
          "awsFlag: true",
          "accessKeyID: a",
          "secretAccessKey: b"
        )
      ),
      [
        "s3beat.yml:4:18 assumeRoleArn: is ignored while assumeRoleFlag is false",
        "s3beat.yml:6:16 accessKeyID: is ignored while awsFlag is true"
      ]
    )
    assert.deepStrictEqual(
      warningsOf(withKeys("assumeRoleFlag: false", "assumeRoleArn: []", "awsFlag: true", "accessKeyID: ''")),
      []
    )
  })

  it("a queue that a role names and sqsQueues does not gives a warning, where it stands", () => {
    assert.deepStrictEqual(
      warningsOf(withRoles("queues: [cloudtrail-events, cloudtrail-evnets]", "queues: audit", "buckets: [audit]")),
      [
        "s3beat.yml:6:77 assumeRoleArn[0].queues: cloudtrail-evnets is no name of a queue in sqsQueues, so nothing is polled as this role by it",
        "s3beat.yml:7:57 assumeRoleArn[1].queues: audit is no name of a queue in sqsQueues, so nothing is polled as this role by it"
      ]
    )
    assert.deepStrictEqual(warningsOf(withRoles("queues: cloudtrail-events", "queues: []")), [])
  })

  it("a file that others may write gives a warning", () => {
    assert.deepStrictEqual(warningsOf(withKeys(), {}, 0o100664), [
      "s3beat.yml: others may write this file (mode 0664), and so redirect the logs; run chmod go-w s3beat.yml"
    ])
    assert.deepStrictEqual(warningsOf(withKeys(), {}, 0o100644), [])
  })

  it("a file with keys in it that others may read gives a warning; keys from the environment give none", () => {
    assert.deepStrictEqual(warningsOf(withKeys("accessKeyID: ${ID}", "secretAccessKey: hush"), { ID: "a" }, 0o644), [
      "s3beat.yml: holds keys that others may read (mode 0644); run chmod go-r s3beat.yml, or name variables as in ${AWS_KEY}"
    ])
    assert.deepStrictEqual(
      warningsOf(withKeys("accessKeyID: ${ID}", "secretAccessKey: ${KEY}"), { ID: "a", KEY: "b" }, 0o644),
      []
    )
    assert.deepStrictEqual(warningsOf(withKeys("accessKeyID: a", "secretAccessKey: b"), {}, 0o600), [])
  })
})

const inFolder = <A, E>(
  use: (folder: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* use(yield* fs.makeTempDirectoryScoped(), fs)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const messageOf = (path: string) => Effect.map(Effect.flip(ConfigFile.load(path, {})), (error) => error.message)

describe("load", () => {
  it.effect("reads the file with the mode it has", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        const path = `${folder}/s3beat.yml`
        yield* fs.writeFileString(path, `\uFEFF${withKeys()}`)
        yield* fs.chmod(path, 0o622)
        const { config, warnings } = yield* ConfigFile.load(path, {})
        assert.strictEqual(config.beatIdentifier, "prod")
        assert.deepStrictEqual(warnings, [
          `${path}: others may write this file (mode 0622), and so redirect the logs; run chmod go-w ${path}`
        ])
      })
    )
  )

  it.effect("what cannot be read is told in one line that says what to do", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFile(`${folder}/latin1`, Uint8Array.of(0x61, 0x3a, 0x20, 0xe4))
        assert.strictEqual(
          yield* messageOf(`${folder}/none`),
          `${folder}/none: there is no such file; s3beat init writes one, or name another with -c`
        )
        assert.strictEqual(
          yield* messageOf(folder),
          `${folder}: is a directory; name the file in it, such as s3beat.yml`
        )
        assert.strictEqual(
          yield* messageOf(`${folder}/latin1`),
          `${folder}/latin1: is not UTF-8; save it in that encoding`
        )
      })
    )
  )
})
