import { assert, describe, it } from "@effect/vitest"
import { errorsOf, withKeys } from "./configText.ts"

describe("config errors", () => {
  it("a value below its bound is told with its place and both values", () => {
    assert.deepStrictEqual(errorsOf(withKeys("stsCredsExpirationTime: 14m")), [
      "s3beat.yml:4:27 stsCredsExpirationTime: 14m is below the minimum of 15m"
    ])
  })

  it("all errors are told at once, in the order of the file", () => {
    assert.deepStrictEqual(
      errorsOf(
        [
          "s3beat:",
          "    beatIdentifier: a-very-long-name",
          "    sqsQueues: [events:us-east-1]",
          "    awsFlag: maybe",
          "    stsCredsExpirationTime: 13h",
          "    secretAccessKey: hush",
          "    shutdownTimout: 5s",
          "    multiline.match: between",
          "    maxBytesInFlight: ${NOWHERE}",
          "output.file.number_of_files: 1"
        ].join("\n")
      ),
      [
        "s3beat.yml:2:21 beatIdentifier: a-very-long-name has 16 characters; the maximum is 12",
        "s3beat.yml:4:14 awsFlag: maybe is neither true nor false",
        "s3beat.yml:5:29 stsCredsExpirationTime: 13h is above the maximum of 12h",
        "s3beat.yml:6:22 secretAccessKey: needs accessKeyID beside it; give both or neither",
        "s3beat.yml:7:5 shutdownTimout: unknown key, did you mean shutdownTimeout?",
        "s3beat.yml:8:22 multiline.match: between is none of after, before",
        "s3beat.yml:9:23 maxBytesInFlight: the variable NOWHERE is not set; set it in the environment or with s3beat keystore add NOWHERE, or write ${NOWHERE:default}",
        "s3beat.yml:10:1 output.file.path: is required, for example /var/lib/s3beat/events",
        "s3beat.yml:10:30 output.file.number_of_files: 1 is below the minimum of 2"
      ]
    )
  })

  it("a missing key is told at its section, an empty one at itself", () => {
    assert.deepStrictEqual(errorsOf("tags: a\ns3beat:\n  sqsQueues: ''\noutput.console.enabled: true\n"), [
      "s3beat.yml:2:1 beatIdentifier: is required, for example prod",
      "s3beat.yml:3:14 sqsQueues: is required, for example cloudtrail-events:us-east-1"
    ])
  })

  it("a required key that is misspelt or misplaced is told once, as that", () => {
    assert.deepStrictEqual(errorsOf("beatIdentifier: prod\nsqsQueues: [a:us-east-1]\noutput.console.enabled: true\n"), [
      "s3beat.yml:1:1 beatIdentifier: unknown key here, did you mean s3beat.beatIdentifier?",
      "s3beat.yml:2:1 sqsQueues: unknown key here, did you mean s3beat.sqsQueues?"
    ])
    assert.deepStrictEqual(errorsOf(withKeys("fields_under_root: true")), [
      "s3beat.yml:4:3 fields_under_root: unknown key here, fields_under_root belongs at the top of the file"
    ])
  })

  it("dead letters may not go to a queue that is polled, however it is written: they would go round in it", () => {
    const error =
      "s3beat.yml:4:21 deadLetter.queue: is one of sqsQueues, and dead letters would go round in it; name another queue"
    for (const queue of [
      "cloudtrail-events:us-east-1",
      "arn:aws:sqs:us-east-1:123456789012:cloudtrail-events",
      "https://sqs.us-east-1.amazonaws.com/123456789012/cloudtrail-events"
    ]) {
      assert.deepStrictEqual(errorsOf(withKeys(`deadLetter.queue: ${queue}`)), [error])
    }
    assert.deepStrictEqual(errorsOf(withKeys("deadLetter.queue: cloudtrail-events:eu-west-1")), [])
    assert.deepStrictEqual(errorsOf(withKeys("deadLetter.queue: cloudtrail-events-dlq:us-east-1")), [])
  })

  it("on one line, too, errors are told in the order of the file", () => {
    assert.deepStrictEqual(errorsOf(withKeys("traits: {inclusion: '(', exclusions: x}")), [
      "s3beat.yml:4:23 traits.inclusion: is no valid regular expression: a group is not closed",
      "s3beat.yml:4:28 traits.exclusions: unknown key, did you mean exclusion?"
    ])
  })

  it("an unknown key hides no other problem of its section", () => {
    assert.deepStrictEqual(errorsOf(withKeys("batch:", "  maxEvent: 3", "  maxWait: 2m", "  maxBytes: 1")), [
      "s3beat.yml:5:5 batch.maxEvent: unknown key, did you mean maxEvents?",
      "s3beat.yml:6:14 batch.maxWait: 2m is above the maximum of 1m",
      "s3beat.yml:7:15 batch.maxBytes: 1 byte is below the minimum of 1KiB"
    ])
  })

  it("a key that is set twice is told at the second place", () => {
    assert.deepStrictEqual(errorsOf(withKeys("period: 10s", "period: 20s")), [
      "s3beat.yml:5:3 period: is already set on line 4; keep one of the two"
    ])
    assert.deepStrictEqual(errorsOf(`${withKeys("multiline.pattern: a")}s3beat.multiline.pattern: b\n`), [
      "s3beat.yml:6:1 multiline.pattern: is already set on line 4; keep one of the two"
    ])
  })

  it("a section where a value belongs, and a value where a section belongs, are told apart", () => {
    assert.deepStrictEqual(
      errorsOf(withKeys("period: {every: 10s}", "traits: logs", "accessKeyID: [a]", "secretAccessKey: b")),
      [
        "s3beat.yml:4:3 period: must be a duration such as 10s or 1h30m, not a section",
        "s3beat.yml:5:11 traits: must be a section with keys of its own, such as inclusion",
        "s3beat.yml:6:16 accessKeyID: must be a text, not a list"
      ]
    )
  })

  it("a regular expression that does not compile is told at its place", () => {
    assert.deepStrictEqual(errorsOf(withKeys("traits:", "  exclusion: '['")), [
      "s3beat.yml:5:16 traits.exclusion: is no valid regular expression: a [ is not closed"
    ])
  })

  it("assumeRoleFlag without a role, what is no ARN, and the ARN of something else are told apart", () => {
    const example = "arn:aws:iam::123456789012:role/s3beat-reader"
    assert.deepStrictEqual(errorsOf(withKeys("assumeRoleFlag: true", "assumeRoleArn: ['']")), [
      `s3beat.yml:4:19 assumeRoleFlag: true needs a role in assumeRoleArn, for example ${example}`
    ])
    assert.deepStrictEqual(
      errorsOf(
        withKeys(
          "assumeRoleFlag: true",
          "assumeRoleArn:",
          "  - s3beat-reader",
          "  - arn:aws:iam::123456789012:user/someone",
          "  - arn:aws:sts::123456789012:assumed-role/reader/session",
          "  - arn: arn:aws:s3:::bucket",
          "    externalID: x"
        )
      ),
      [
        `s3beat.yml:6:7 assumeRoleArn[0]: s3beat-reader is no ARN; write it as in ${example}`,
        `s3beat.yml:7:7 assumeRoleArn[1]: arn:aws:iam::123456789012:user/someone is an ARN, but not of a role; write it as in ${example}`,
        "s3beat.yml:8:7 assumeRoleArn[2]: arn:aws:sts::123456789012:assumed-role/reader/session is the ARN of a session; write that of its role, arn:aws:iam::123456789012:role/reader (with the role's path, if it has one)",
        `s3beat.yml:9:12 assumeRoleArn[3].arn: arn:aws:s3:::bucket is an ARN, but not of a role; write it as in ${example}`,
        "s3beat.yml:10:7 assumeRoleArn[3].externalID: unknown key, did you mean externalId?"
      ]
    )
  })

  it("no output, two outputs, and one that is not there yet are told apart", () => {
    const text = "s3beat: {beatIdentifier: a, sqsQueues: a:us-east-1}\n"
    assert.deepStrictEqual(errorsOf(text), [
      "s3beat.yml:1:1 output: no output is enabled; add output.logstash.hosts: [collector.example.com:5044], output.file.path: /var/lib/s3beat/events, or output.console.enabled: true"
    ])
    assert.deepStrictEqual(errorsOf(`${text}output:\n  file.path: /tmp\n  console.enabled: true`), [
      "s3beat.yml:4:3 output.console: output.file is enabled too; exactly one output may be"
    ])
    assert.deepStrictEqual(errorsOf(`${text}output:\n  logstash.hosts: a\n  console.enabled: true`), [
      "s3beat.yml:4:3 output.console: output.logstash is enabled too; exactly one output may be"
    ])
    assert.deepStrictEqual(errorsOf(`${text}output.kafka.hosts: [a]`), [
      "s3beat.yml:2:1 output.kafka: this output is not supported yet; those that are: output.logstash, output.file, output.console"
    ])
    assert.deepStrictEqual(errorsOf(`${text}output.kafka.enabled: false\noutput.console.enabled: true`), [])
  })

  it("what is no YAML is told with its place and without the text of the file", () => {
    assert.deepStrictEqual(errorsOf("s3beat:\n  secretAccessKey: [hush\n"), [
      "s3beat.yml:3:1 is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"
    ])
    assert.deepStrictEqual(errorsOf("a: 1\n---\nb: 2\n"), [
      "s3beat.yml:2:1 a second document begins here; one file holds one config"
    ])
    assert.deepStrictEqual(
      errorsOf(withKeys("tags: &t [a]", "traits: *t")).at(-1),
      "s3beat.yml:5:11 traits: aliases are not supported; write the value out"
    )
  })

  it("an empty file and one without keys say what to do", () => {
    for (const empty of ["", "# nothing but a comment\n", "---\n"]) {
      assert.deepStrictEqual(errorsOf(empty), ["s3beat.yml: is empty; s3beat.yml.example shows what belongs in it"])
    }
    assert.deepStrictEqual(errorsOf("- a"), ["s3beat.yml: holds no keys; s3beat.yml.example shows what belongs in it"])
  })

  it("no message holds the value of a secret key, whatever is wrong with it", () => {
    const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
    for (const value of [
      secret,
      `'1||${secret}'`,
      `[${secret}]`,
      `{a: ${secret}}`,
      `\${NOT_SET_${"X"}}${secret}`,
      `"${secret}`,
      `]${secret}`,
      `|${secret}`,
      `!${secret}! x`,
      `\${${secret}`
    ]) {
      for (const key of ["accessKeyID", "secretAccessKey"]) {
        const errors = errorsOf(withKeys(`${key}: ${value}`))
        assert.isAtLeast(errors.length, 1)
        assert.notInclude(errors.join("\n"), secret)
      }
    }
    assert.deepStrictEqual(errorsOf(withKeys("accessKeyID: a", `secretAccessKey: '2||${secret}'`)), [
      "s3beat.yml:5:20 secretAccessKey: is encrypted by LogRhythm's own tools; enter the plain key, or name a variable as in ${AWS_KEY}"
    ])
  })
})
