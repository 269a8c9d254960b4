/**
 * `s3beat check`, as from the command line, over HTTP: each cause alone is found and named, with what to add where.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import type { Statement } from "../../src/demo/World.ts"
import * as World from "../support/checkWorld.ts"
import { KEY, QUEUE, ROLE } from "../support/policyWorld.ts"

const without = (policy: ReadonlyArray<Statement>, action: string): ReadonlyArray<Statement> =>
  policy.map(({ actions, resources }) => ({ actions: actions.filter((name) => name !== action), resources }))

/** What is amiss with a world, and what the check has to say of it. */
interface Cause {
  readonly named: string
  readonly change: World.Change
  readonly check: string
  readonly status?: "warning"
  readonly detail: RegExp
  readonly advice?: RegExp
  /** To which policy, in which account, which actions are to be added. */
  readonly add?: ReadonlyArray<readonly [to: string, account: string, action: unknown]>
}

const causes: ReadonlyArray<Cause> = [
  {
    named: "a wrong secret key",
    change: { user: { secretAccessKey: "another" } },
    check: "identity",
    detail: /the secret access key does not belong to the access key id/u,
    advice: /secretAccessKey/u
  },
  {
    named: "an access key that is not known",
    change: { user: { accessKeyId: "AKIAOTHER" } },
    check: "identity",
    detail: /the access key id is not known to AWS/u,
    advice: /accessKeyID/u
  },
  {
    named: "a role that does not trust us",
    change: { role: { trusts: ["333333333333"] } },
    check: `role ${ROLE}`,
    detail: /not authorized to perform: sts:AssumeRole/u,
    add: [
      ["trust policy", "111111111111", "sts:AssumeRole"],
      ["identity policy", "222222222222", "sts:AssumeRole"]
    ]
  },
  {
    named: "a role that asks for another external id",
    change: { role: { externalId: "another" } },
    check: `role ${ROLE}`,
    detail: /sts:AssumeRole/u,
    advice: /external id/u
  },
  {
    named: "a duration that is too long for the role",
    change: { s3beat: "stsCredsExpirationTime: 2h" },
    check: `role ${ROLE}`,
    detail: /maximum session duration/u,
    advice: /--role-name reader --max-session-duration 7200/u
  },
  {
    named: "a queue that is not there",
    change: {
      sqsQueues: "misspelt:us-east-1",
      user: { policy: [{ actions: ["sqs:*", "sts:*"], resources: ["*"] }] }
    },
    check: "queue misspelt:us-east-1",
    detail: /does not exist/u,
    advice: /no queue misspelt in us-east-1 in account 222222222222/u
  },
  {
    named: "a queue that we may not receive from",
    change: { user: { policy: without(World.beatPolicy, "sqs:ReceiveMessage") } },
    check: "messages of queue events:us-east-1",
    detail: /^receive: .*sqs:ReceiveMessage/u,
    add: [["identity policy", "222222222222", "sqs:ReceiveMessage"]]
  },
  {
    named: "messages that we may not delete",
    change: { user: { policy: without(World.beatPolicy, "sqs:DeleteMessage") } },
    check: "messages of queue events:us-east-1",
    detail: /^delete: .*sqs:DeleteMessage/u,
    add: [["identity policy", "222222222222", "sqs:DeleteMessage"]]
  },
  {
    named: "a queue whose attributes we may not ask for",
    change: { user: { policy: without(World.beatPolicy, "sqs:GetQueueAttributes") } },
    check: "queue events:us-east-1",
    status: "warning",
    detail: /may not be asked for/u,
    add: [["identity policy", "222222222222", "sqs:GetQueueAttributes"]]
  },
  {
    named: "a queue without a redrive policy",
    change: { queue: ({ name, policy = [], region }) => ({ name, region, policy }) },
    check: "queue events:us-east-1",
    status: "warning",
    detail: /no redrive policy/u,
    advice: /deadLetterTargetArn/u
  },
  {
    named: "a dead-letter queue that is not there",
    change: {
      s3beat: "deadLetter.queue: misspelt:us-east-1",
      user: { policy: [{ actions: ["sqs:*", "sts:*"], resources: ["*"] }] }
    },
    check: "dead letters in queue misspelt:us-east-1",
    detail: /does not exist/u,
    advice: /correct deadLetter\.queue/u
  },
  {
    named: "a dead-letter queue of which nothing is allowed",
    change: {
      s3beat: "deadLetter.queue: letters:us-east-1",
      user: { policy: World.beatPolicy.filter(({ actions }) => !actions.includes("sqs:SendMessage")) }
    },
    check: "dead letters in queue letters:us-east-1",
    detail: /not authorized to perform: sqs:GetQueueUrl/u,
    add: [["identity policy", "222222222222", ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"]]]
  },
  {
    named: "a dead-letter queue that we may not send to",
    change: {
      s3beat: "deadLetter.queue: letters:us-east-1",
      user: { policy: without(World.beatPolicy, "sqs:SendMessage") }
    },
    check: "dead letters in queue letters:us-east-1",
    detail: /^send: .*sqs:SendMessage/u,
    add: [["identity policy", "222222222222", "sqs:SendMessage"]]
  },
  {
    named: "a directory for dead letters that cannot be made",
    change: { s3beat: "deadLetter.path: /dev/null/dead" },
    check: "dead letters in files",
    detail: /a part of the path is a file/u,
    advice: /does not start/u
  },
  {
    named: "a queue that gives messages up too soon, whose messages are then left alone",
    change: { queue: (queue) => ({ ...queue, redrive: { deadLetterQueue: "dead", maxReceiveCount: 2 } }) },
    check: "queue events:us-east-1",
    status: "warning",
    detail: /after 2 receipts/u,
    advice: /maxReceiveCount/u
  },
  {
    named: "a queue that lets nobody send",
    change: {
      queue: (queue) => ({ ...queue, policy: [{ principals: ["333333333333"], actions: ["sqs:SendMessage"] }] }),
      upload: Effect.void
    },
    check: "queue events:us-east-1",
    status: "warning",
    detail: /lets neither S3 nor SNS nor EventBridge send/u,
    add: [["queue policy", "222222222222", "sqs:SendMessage"]]
  },
  {
    named: "a queue that is encrypted with a key that we may not use",
    change: { queue: (queue) => ({ ...queue, kmsKey: "arn:aws:kms:us-east-1:222222222222:key/queue" }) },
    check: "messages of queue events:us-east-1",
    detail: /kms:Decrypt/u,
    add: [["identity policy", "222222222222", "kms:Decrypt"]]
  },
  {
    named: "a message that is no notification",
    change: { upload: Effect.flatMap(EmbeddedAws, (aws) => aws.sendMessage(QUEUE, "hello")) },
    check: "messages of queue events:us-east-1",
    status: "warning",
    detail: /the body is not JSON/u
  },
  {
    named: "a bucket that cannot be read",
    change: { role: { policy: without(World.readerPolicy, "s3:GetObject") } },
    check: "bucket logs",
    detail: /not authorized to perform: s3:GetObject/u,
    add: [["role permissions", "111111111111", "s3:GetObject"]]
  },
  {
    named: "a bucket of which nothing is allowed, nor known",
    change: {
      role: { policy: [] },
      upload: Effect.void,
      flags: ["--bucket", "logs"]
    },
    check: "bucket logs",
    detail: /not authorized to perform: s3:ListBucket/u,
    add: [
      ["role permissions", "111111111111", ["s3:GetObject", "s3:GetObjectVersion"]],
      ["role permissions", "111111111111", "s3:ListBucket"]
    ]
  },
  {
    named: "a bucket that cannot be listed",
    change: { role: { policy: without(World.readerPolicy, "s3:ListBucket") } },
    check: "bucket logs",
    status: "warning",
    detail: /may not be listed/u,
    add: [["role permissions", "111111111111", "s3:ListBucket"]]
  },
  {
    named: "a KMS key that the role may not use",
    change: { bucket: (bucket) => ({ ...bucket, kmsKey: KEY }) },
    check: "bucket logs",
    detail: /kms:Decrypt on resource: arn:aws:kms:us-east-1:111111111111:key\/logs/u,
    add: [["role permissions", "111111111111", "kms:Decrypt"]]
  },
  {
    named: "a KMS key of another account, which has to let the role in itself",
    change: { bucket: (bucket) => ({ ...bucket, kmsKey: "arn:aws:kms:us-east-1:333333333333:key/1" }) },
    check: "bucket logs",
    detail: /kms:Decrypt/u,
    add: [
      ["role permissions", "111111111111", "kms:Decrypt"],
      ["key policy", "333333333333", "kms:Decrypt"]
    ]
  },
  {
    named: "a bucket that is not there",
    change: { flags: ["--bucket", "nowhere"] },
    check: "bucket nowhere",
    detail: /NoSuchBucket/u
  },
  {
    named: "a bucket that tells nobody",
    change: {
      bucket: ({ name, region }) => ({ name, region }),
      role: { policy: [...World.readerPolicy, { actions: ["s3:GetBucketNotification"], resources: ["*"] }] },
      flags: ["--bucket", "logs"]
    },
    check: "bucket logs",
    detail: /tells none of the queues/u,
    add: [["bucket notification", "111111111111", undefined]]
  },
  {
    named: "an endpoint where nobody listens",
    change: { sts: "http://127.0.0.1:1" },
    check: "reach http://127.0.0.1:1",
    detail: /refused/u,
    advice: /TCP port 1/u
  },
  {
    named: "a directory that cannot be made",
    change: { output: "output.file: { path: /dev/null/events }" },
    check: "output.file",
    detail: /a part of the path is a file/u
  }
]

describe("s3beat check", () => {
  it.live("of a world in which all is well everything is found to be well, and the message is left where it was", () =>
    Effect.gen(function* () {
      const { exitCode, findings, ok, ready } = yield* World.findingsOf({ flags: ["--send"] })
      assert.deepStrictEqual([exitCode, ok, ready], [0, true, 1])
      assert.deepStrictEqual(
        findings.filter(({ status }) => status !== "ok"),
        []
      )
      assert.deepStrictEqual(
        [...new Set(findings.map(({ check }) => check.replace(/http:.*/u, "AWS")))],
        [
          "config",
          "reach AWS",
          "identity",
          `role ${ROLE}`,
          "queue events:us-east-1",
          "messages of queue events:us-east-1",
          "bucket logs",
          "output.file",
          "a test event to output.file"
        ]
      )
    })
  )

  for (const { add, advice, change, check, detail, named, status = "failed" } of causes) {
    it.live(`finds ${named}, and nothing else`, () =>
      Effect.gen(function* () {
        const { amiss, exitCode, findings, ok } = yield* World.findingsOf(change)
        assert.deepStrictEqual(
          amiss.map((finding) => [finding.check, finding.status]),
          [[check, status]]
        )
        assert.deepStrictEqual([exitCode, ok], status === "failed" ? [1, false] : [0, true])
        assert.match(amiss[0]?.detail ?? "", detail)
        if (advice !== undefined) assert.match(amiss[0]?.remedy?.advice ?? "", advice)
        if (add !== undefined) {
          assert.deepStrictEqual(
            amiss[0]?.remedy?.add.map(({ account, statement, to }) => [to, account, statement["Action"]]),
            add.map(([to, account, action]) => [to, account, action])
          )
        }
        for (const { detail } of findings.filter(({ status }) => status === "skipped")) {
          assert.match(detail, /not checked because|may not be asked|no message is looked at/u)
        }
      })
    )
  }

  it.live("what depends on something that failed is said to be not checked, and because of what", () =>
    Effect.gen(function* () {
      const { findings } = yield* World.findingsOf({ role: { trusts: [] }, flags: ["--bucket", "logs"] })
      assert.deepInclude(
        findings.find(({ check }) => check === "bucket logs"),
        { status: "skipped", detail: `not checked because role ${ROLE} failed` }
      )
      const { findings: ofNobody } = yield* World.findingsOf({ user: { secretAccessKey: "another" } })
      assert.deepInclude(
        ofNobody.find(({ check }) => check.startsWith("messages")),
        { status: "skipped", detail: "not checked because identity failed" }
      )
    })
  )

  it.live(
    "with deadLetter.queue a queue needs no redrive policy, and nothing is sent to find out whether it may be",
    () =>
      Effect.gen(function* () {
        const { amiss, findings, letters } = yield* World.findingsOf({
          s3beat: "deadLetter.queue: letters:us-east-1",
          queue: ({ name, policy = [], region }) => ({ name, region, policy })
        })
        assert.deepStrictEqual(amiss, [])
        assert.isTrue(findings.some(({ detail }) => /goes to deadLetter\.queue, letters/u.test(detail)))
        assert.deepStrictEqual(
          findings.flatMap(({ check, detail }) => (check.startsWith("dead letters") ? [detail] : [])),
          ["is there, used as the base identity", "may be sent to"]
        )
        assert.strictEqual(letters, 0)
      })
  )

  it.live("a bucket of another account than the role's is told apart from one that may not be read", () =>
    Effect.gen(function* () {
      const { amiss } = yield* World.findingsOf({
        isBucketForeign: true,
        bucket: (bucket) => ({ ...bucket, isPublic: true }),
        flags: ["--bucket", "logs"]
      })
      assert.deepStrictEqual(
        amiss.map(({ check, detail }) => [check, /belongs to another account than 111111111111/u.test(detail)]),
        [["bucket logs", true]]
      )
    })
  )

  it.live("a bucket without objects is tried with a key that it does not have", () =>
    Effect.gen(function* () {
      const flags = ["--bucket", "logs"]
      const { amiss, findings } = yield* World.findingsOf({ upload: Effect.void, flags })
      assert.deepStrictEqual(amiss, [])
      assert.isTrue(findings.some(({ detail }) => /holds no object yet/u.test(detail)))
      const role = { policy: without(World.readerPolicy, "s3:GetObject") }
      const denied = yield* World.findingsOf({ upload: Effect.void, flags, role })
      assert.deepStrictEqual(
        denied.amiss.map(({ check }) => check),
        ["bucket logs"]
      )
    })
  )

  it.live("a version is opened with the permission that versions need", () =>
    Effect.gen(function* () {
      const { amiss } = yield* World.findingsOf({
        bucket: (bucket) => ({ ...bucket, isVersioned: true }),
        role: { policy: without(World.readerPolicy, "s3:GetObjectVersion") }
      })
      assert.deepStrictEqual(
        amiss.flatMap(({ remedy }) => remedy?.add.map(({ statement }) => statement["Action"])),
        ["s3:GetObjectVersion"]
      )
    })
  )

  it.live("a bucket in another region is read there", () =>
    Effect.gen(function* () {
      const { amiss, findings } = yield* World.findingsOf({
        bucket: (bucket) => ({ ...bucket, region: "eu-west-1" }),
        flags: ["--bucket", "logs"],
        upload: Effect.void
      })
      assert.deepStrictEqual(amiss, [])
      assert.isTrue(findings.some(({ detail }) => /in eu-west-1, where no queue is/u.test(detail)))
    })
  )

  it.live("for people each finding is a line, with the statement to add below it", () =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* World.runCheck({ bucket: (bucket) => ({ ...bucket, kmsKey: KEY }) })
      assert.strictEqual(exitCode, 1)
      assert.match(stdout, /^✓ identity: arn:aws:iam::222222222222:user\/s3beat, in account 222222222222$/mu)
      assert.match(stdout, /^✗ bucket logs: as arn:aws:iam::111111111111:role\/reader: AccessDenied/mu)
      assert.include(
        stdout,
        `    Add to the permissions of ${ROLE}, in account 111111111111:
      {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "${KEY}"
      }
`
      )
      assert.match(stdout, /\d+ ok, 0 warnings, 1 failed, 0 not checked\n$/u)
    })
  )

  it.live("with --config-only nobody is asked", () =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* World.runCheck({ sts: "http://127.0.0.1:1", flags: ["--config-only"] })
      assert.strictEqual(exitCode, 0)
      assert.match(stdout, /s3beat\.yml is valid: beat s3beat_check; queues events \(us-east-1\)/u)
    })
  )

  it.live("a config that is wrong ends it with 2, before anybody is asked", () =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* World.runCheck({ s3beat: "stsCredsExpirationTime: 1m" })
      assert.deepStrictEqual([exitCode, stdout], [2, ""])
    })
  )
})
