import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted, Result } from "effect"
import * as fc from "fast-check"
import * as BeatsDuration from "../../src/config/BeatsDuration.ts"
import * as ByteCount from "../../src/config/ByteCount.ts"
import { expand } from "../../src/config/environment.ts"
import * as GoRegExp from "../../src/config/GoRegExp.ts"
import * as QueueEntry from "../../src/config/QueueEntry.ts"

const read = (text: string) => Result.getOrThrow(QueueEntry.parse(text))
const howToSet = (name: string) =>
  `set it in the environment or with s3beat keystore add ${name}, or write \${${name}:default}`
const compiled = (pattern: string) => Result.getOrThrow(GoRegExp.parse(pattern))

describe("BeatsDuration", () => {
  it("every duration is shown as it is read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (millis) => {
        const duration = Duration.millis(millis)
        assert.deepStrictEqual(Result.getOrThrow(BeatsDuration.parse(BeatsDuration.show(duration))), duration)
      })
    )
  })

  it("units add up, fractions count, and a bare number counts seconds", () => {
    const spelled: ReadonlyArray<readonly [string, Duration.Duration]> = [
      ["10s", Duration.seconds(10)],
      ["1h30m", Duration.minutes(90)],
      ["500ms", Duration.millis(500)],
      ["1.5h", Duration.minutes(90)],
      ["250us", Duration.micros(250n)],
      ["60", Duration.seconds(60)],
      ["0", Duration.zero]
    ]
    for (const [text, duration] of spelled) {
      assert.isTrue(Duration.equals(Result.getOrThrow(BeatsDuration.parse(text)), duration), text)
    }
  })

  it("what is no duration is refused", () => {
    for (const text of ["", "10 s", "-5s", "1d", "s", "1h30", "ten", `${"9".repeat(400)}`]) {
      assert.isTrue(Result.isFailure(BeatsDuration.parse(text)), text)
    }
  })
})

describe("ByteCount", () => {
  it("every size is shown as it is read", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(),
          fc.nat().map((n) => n * ByteCount.KiB)
        ),
        (bytes) => {
          assert.strictEqual(Result.getOrThrow(ByteCount.parse(ByteCount.show(bytes).replace(/ bytes?$/, ""))), bytes)
        }
      )
    )
  })

  it("MiB are powers of 1024, MB of 1000, a bare number is bytes", () => {
    for (const [text, bytes] of [
      ["64MiB", 67_108_864],
      ["10MB", 10_000_000],
      ["4 kb", 4000],
      ["1.5KiB", 1536],
      ["7", 7]
    ] as const) {
      assert.strictEqual(Result.getOrThrow(ByteCount.parse(text)), bytes, text)
    }
    for (const text of ["", "MB", "1.5", "-1", "10 parsecs", "9999999TiB"]) {
      assert.isTrue(Result.isFailure(ByteCount.parse(text)), text)
    }
  })
})

describe("QueueEntry", () => {
  it("a name with its region, a URL and an ARN name the same queue, each as far as it knows", () => {
    assert.deepStrictEqual(read("events:eu-west-1"), { name: "events", region: "eu-west-1" })
    assert.deepStrictEqual(read("arn:aws-us-gov:sqs:us-gov-west-1:123456789012:events"), {
      name: "events",
      region: "us-gov-west-1",
      accountId: "123456789012"
    })
    const url = "https://sqs.eu-west-1.amazonaws.com/123456789012/events"
    assert.deepStrictEqual(read(url), { name: "events", region: "eu-west-1", accountId: "123456789012", url })
  })

  it("the region is found in every kind of host that SQS has", () => {
    const hosts: ReadonlyArray<readonly [string, string]> = [
      ["sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"],
      ["sqs-fips.us-east-2.amazonaws.com", "us-east-2"],
      ["sqs.ap-southeast-2.api.aws", "ap-southeast-2"],
      ["vpce-0a1-b2c.sqs.eu-central-1.vpce.amazonaws.com", "eu-central-1"],
      ["us-west-2.queue.amazonaws.com", "us-west-2"],
      ["queue.amazonaws.com", "us-east-1"],
      ["sqs.us-east-1.localhost:4566", "us-east-1"]
    ]
    for (const [host, region] of hosts) assert.strictEqual(read(`http://${host}/123456789012/q`).region, region, host)
  })

  it("each way to write it wrong is told apart, with what to write instead", () => {
    const wrong: ReadonlyArray<readonly [string, string]> = [
      ["events", "events names no region; write it as in events:us-east-1"],
      ["events:", "events: names no region; write it as in events:us-east-1"],
      ["events:us-east1", "us-east1 is no AWS region; write it as in us-east-1 or eu-central-1"],
      ["events:us-nowhere-1", "us-nowhere-1 is no AWS region; write it as in us-east-1 or eu-central-1"],
      [
        "a b:us-east-1",
        '"a b" is no queue name: letters, digits, - and _, at most 80; write it as in cloudtrail-events:us-east-1'
      ],
      ["a:b:us-east-1", "a:b:us-east-1 has too many colons; write it as in cloudtrail-events:us-east-1"],
      [
        "arn:aws:sns:us-east-1:123456789012:t",
        "arn:aws:sns:us-east-1:123456789012:t is the ARN of sns, not of an SQS queue; name the queue that it notifies"
      ],
      ["arn:aws:sqs", "arn:aws:sqs is no ARN; write it as in arn:aws:sqs:us-east-1:123456789012:cloudtrail-events"],
      ["arn:aws:sqs:nowhere:123456789012:q", "nowhere is no AWS region; write it as in us-east-1 or eu-central-1"],
      [
        "http://127.0.0.1:4566/000000000000/q",
        "http://127.0.0.1:4566/000000000000/q names no region; write q:REGION, and the host in endpoints.sqs"
      ],
      [
        "https://sqs.us-east-1.amazonaws.com/",
        "https://sqs.us-east-1.amazonaws.com/ is no queue URL; write it as in https://sqs.us-east-1.amazonaws.com/123456789012/cloudtrail-events"
      ]
    ]
    for (const [text, message] of wrong) assert.deepStrictEqual(QueueEntry.parse(text), Result.fail(message))
  })
})

describe("environment", () => {
  it("a text without variables stays as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("${")),
        (text) => {
          assert.deepStrictEqual(expand(text, { a: "b" }), Result.succeed({ text, isLiteral: true, isSecret: false }))
        }
      )
    )
  })

  it("variables are filled in, defaults where they are unset or empty, and $${ stands for itself", () => {
    const env = { A: "1", EMPTY: "", "b.c": "2" }
    for (const [text, expanded, isLiteral] of [
      ["${A}", "1", false],
      ["x${A}y${b.c}", "x1y2", false],
      ["${A:9}", "1", false],
      ["${B:9}", "9", true],
      ["${B:}", "", true],
      ["${EMPTY:9}", "9", true],
      ["${B:a:b}", "a:b", true],
      ["$${A}", "${A}", true],
      ["a$b{}$", "a$b{}$", true]
    ] as const) {
      assert.deepStrictEqual(expand(text, env), Result.succeed({ text: expanded, isLiteral, isSecret: false }), text)
    }
  })

  it("what was redacted is filled in as well, and the text is known to hold a secret", () => {
    const env = { A: Redacted.make("hush"), B: "1", EMPTY: Redacted.make("") }
    assert.deepStrictEqual(
      expand("${B}-${A}", env),
      Result.succeed({ text: "1-hush", isLiteral: false, isSecret: true })
    )
    assert.deepStrictEqual(expand("${EMPTY:9}", env), Result.succeed({ text: "9", isLiteral: true, isSecret: false }))
  })

  it("what cannot be filled in is told by the variable's name", () => {
    for (const [text, message] of [
      ["${NONE}", `the variable NONE is not set; ${howToSet("NONE")}`],
      ["${NONE:?ask the owner}", "the variable NONE is not set: ask the owner"],
      ["${constructor}", `the variable constructor is not set; ${howToSet("constructor")}`],
      ["${1}", "${…} names no variable; write $${ for the two characters themselves"],
      ["${A", "${ is never closed; write $${ for the two characters themselves"]
    ] as const) {
      assert.deepStrictEqual(expand(text, {}), Result.fail(message), text)
    }
  })
})

describe("GoRegExp", () => {
  it("the stack trace pattern of the Beats manual means what it means there", () => {
    const pattern = compiled("^[[:space:]]+(at|\\.{3})[[:space:]]+\\b|^Caused by:")
    assert.isTrue(pattern.test("\tat com.example.Main"))
    assert.isTrue(pattern.test("  ... 23 more"))
    assert.isTrue(pattern.test("Caused by: x"))
    assert.isFalse(pattern.test("pace] at x"))
  })

  it("what JavaScript would misread or refuse is read as Go reads it", () => {
    assert.isTrue(compiled("(?i)error").test("ERROR"))
    assert.isTrue(compiled("[]a]").test("]"))
    assert.isTrue(compiled("\\Qa.b\\E$").test("a.b"))
    assert.isFalse(compiled("\\Qa.b\\E$").test("axb"))
    assert.isTrue(compiled("\\Aa\\z").test("a"))
    assert.isFalse(compiled("(?m)\\Ab").test("a\nb"))
    assert.isTrue(compiled("(?P<year>\\d+)$").test("in 2024"))
    assert.isTrue(compiled("^[^[:digit:]_]$").test("a"))
    assert.isFalse(compiled("^[^[:digit:]_]$").test("7"))
    assert.isTrue(compiled("^\\p{Lu}").test("É"))
  })

  it("what does not compile is refused with the reason", () => {
    assert.deepStrictEqual(GoRegExp.parse("("), Result.fail("is no valid regular expression: a group is not closed"))
    assert.deepStrictEqual(
      GoRegExp.parse("[[:odd:]]"),
      Result.fail("is no valid regular expression: the class [:odd:] is not known")
    )
  })
})
