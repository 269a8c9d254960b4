/**
 * What `s3beat policy` prints is enough, and nothing of it is too much: the whole daemon on an AWS that allows just that.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Logger, Result } from "effect"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import { daemon } from "../../src/cli/daemon.ts"
import { EmbeddedAws, layer as layerAws } from "../../src/demo/EmbeddedAws.ts"
import type { Bucket } from "../../src/demo/World.ts"
import type { Policies } from "../../src/policy/Policies.ts"
import { many, type PolicyDocument, type Statement } from "../../src/policy/PolicyDocument.ts"
import { accountsOf, BEAT, KEY, partsOf, QUEUE, ROLE } from "../support/policyWorld.ts"

const configText = (endpoint: string, directory: string) => `
s3beat:
  beatIdentifier: least
  sqsQueues: [events:us-east-1, bare:us-east-1]
  accessKeyID: AKIABEAT
  secretAccessKey: secret-of-beat
  assumeRoleFlag: true
  assumeRoleArn: { arn: ${ROLE}, externalId: shared }
  period: 1s
  heartbeatdisabled: true
  workers: 1
  deadLetter.queue: letters:us-east-1
  endpoints: { s3: "${endpoint}", sqs: "${endpoint}", sts: "${endpoint}" }
output.file: { path: ${JSON.stringify(directory)}, filename: events }
`

let directory = ""
let printed: Policies

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "s3beat-"))
  const config = join(directory, "s3beat.yml")
  writeFileSync(config, configText("http://127.0.0.1:1", directory))
  const flags = ["--bucket", "plain", "--bucket", "versioned", "--kms-key", KEY]
  printed = JSON.parse(
    execFileSync(process.execPath, ["src/main.ts", "policy", "-c", config, ...flags, "--principal", BEAT], {
      encoding: "utf8"
    })
  )
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

const buckets: ReadonlyArray<Bucket> = [
  { name: "plain", region: "us-east-1", notifies: { queueArn: QUEUE } },
  { name: "versioned", region: "us-east-1", isVersioned: true, kmsKey: KEY, notifies: { queueArn: QUEUE } }
]

/** One without a redrive policy, and where its messages go that can never be shipped. */
const bareQueue = { name: "bare", region: "us-east-1" }
const letters = { name: "letters", region: "us-east-1" }

const arnOf = ({ name }: typeof bareQueue) => QUEUE.replace(/events$/u, name)

/** The world in which exactly this is allowed. */
const layerAllowing = (policies: Policies) =>
  layerAws({ accounts: accountsOf(partsOf(policies), buckets, [bareQueue, letters]) })

const versionGone = JSON.stringify({
  Records: [
    {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventName: "ObjectCreated:Put",
      s3: { bucket: { name: "versioned" }, object: { key: "gone", versionId: "none" } }
    }
  ]
})

/**
 * Objects of both buckets, such as are gone by now, and messages that are none of ours: one is released, the other sent to the dead
 * letters.
 */
const upload = Effect.gen(function* () {
  const aws = yield* EmbeddedAws
  yield* aws.putObject("plain", "here", Buffer.from("of plain\n"))
  yield* aws.putObject("versioned", "here", Buffer.from("of versioned\n"))
  yield* aws.putObject("plain", "gone", Buffer.from("x"))
  yield* aws.deleteObject("plain", "gone")
  yield* aws.sendMessage(QUEUE, versionGone)
  yield* aws.sendMessage(QUEUE, "no notification")
  yield* aws.sendMessage(arnOf(bareQueue), "no notification")
})

/** Runs the daemon until everything is delivered or anything is refused, and answers what was refused. */
const refusedWith = (policies: Policies) =>
  Effect.gen(function* () {
    const aws = yield* EmbeddedAws
    yield* upload
    const events = mkdtempSync(join(directory, "events-"))
    const loaded = yield* Effect.fromResult(
      ConfigFile.parse(configText(aws.endpoint, events), { path: "s3beat.yml", env: {} })
    )
    yield* Effect.forkScoped(Effect.result(daemon(loaded, { format: "json", level: "None", colors: false })))
    while (true) {
      const ledger = yield* aws.ledger
      const refused = ledger.filter(({ code }) => ["AccessDenied", "KmsAccessDenied"].includes(code ?? ""))
      if (refused.length > 0) return refused.map(({ action }) => action)
      const { inFlight, ready } = yield* aws.queueDepth(QUEUE)
      const isReleased = ledger.some(({ action }) => action === "sqs:ChangeMessageVisibility")
      const bare = yield* aws.queueDepth(arnOf(bareQueue))
      const isKept = (yield* aws.queueDepth(arnOf(letters))).ready === 1 && bare.ready + bare.inFlight === 0
      if (ready === 0 && inFlight <= 1 && isReleased && isKept && linesOf(events).length === 2) return []
      yield* Effect.sleep("20 millis")
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(layerAllowing(policies)),
    Effect.provide(Logger.layer([])),
    Effect.timeout("20 seconds")
  )

const linesOf = (events: string): ReadonlyArray<string> =>
  Result.try(() => readFileSync(join(events, "events.ndjson"), "utf8").split("\n").slice(0, -1)).pipe(
    Result.getOrElse(() => [])
  )

/** The policies when the document is without one action or one resource, in every way. */
const removals = (document: PolicyDocument, within: (document: PolicyDocument) => Policies) =>
  document.Statement.flatMap((statement, index) =>
    (["Action", "Resource"] as const).flatMap((field) =>
      many(statement[field] ?? []).map((name) => ({
        name,
        policies: within({ ...document, Statement: without(document.Statement, index, field, name) })
      }))
    )
  )

const without = (statements: ReadonlyArray<Statement>, index: number, field: "Action" | "Resource", name: string) =>
  statements.flatMap((statement, i) => {
    if (i !== index) return [statement]
    const rest = many(statement[field] ?? []).filter((other) => other !== name)
    return rest.length === 0 ? [] : [{ ...statement, [field]: rest }]
  })

/** How many messages come of an upload. */
const announced = (policies: Policies, bucket: string) =>
  Effect.gen(function* () {
    const aws = yield* EmbeddedAws
    yield* aws.putObject(bucket, "here", Buffer.from("x"))
    return (yield* aws.queueDepth(QUEUE)).ready
  }).pipe(Effect.provide(layerAllowing(policies)))

describe("s3beat policy", () => {
  it.live("allows enough: everything is delivered, and nothing is refused", () =>
    Effect.map(refusedWith(printed), (refused) => assert.deepStrictEqual(refused, []))
  )

  it.live(
    "allows nothing too much: without any one action or resource something is refused",
    () =>
      Effect.gen(function* () {
        const { identity, roles } = printed
        const [role] = roles
        assert.isDefined(role)
        const mutants = [
          ...removals(identity.policy, (policy) => ({ ...printed, identity: { ...identity, policy } })),
          ...removals(role.permissions, (permissions) => ({ ...printed, roles: [{ ...role, permissions }] })),
          ...removals(role.trust, (trust) => ({ ...printed, roles: [{ ...role, trust }] }))
        ]
        assert.isAbove(mutants.length, 10)
        const unmissed = yield* Effect.filter(
          mutants,
          ({ policies }) => Effect.map(refusedWith(policies), (refused) => refused.length === 0),
          { concurrency: 4 }
        )
        assert.deepStrictEqual(
          unmissed.map(({ name }) => name),
          []
        )
      }),
    60_000
  )

  it.live("without the queue's policy, or for a bucket that it does not name, S3 tells nobody", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* announced(printed, "plain"), 1)
      assert.strictEqual(yield* announced(printed, "versioned"), 1)
      const [queue] = printed.queues
      assert.isDefined(queue)
      const withPolicy = (policy: PolicyDocument) => ({ ...printed, queues: [{ ...queue, policy }] })
      assert.strictEqual(yield* announced(withPolicy({ ...queue.policy, Statement: [] }), "plain"), 0)
      const plainAlone = JSON.parse(
        JSON.stringify(queue.policy).replace('"arn:aws:s3:::versioned"', '"arn:aws:s3:::other"')
      )
      assert.strictEqual(yield* announced(withPolicy(plainAlone), "versioned"), 0)
      const ofAnother = JSON.parse(JSON.stringify(queue.policy).replace('"111111111111"', '"333333333333"'))
      assert.strictEqual(yield* announced(withPolicy(ofAnother), "plain"), 0)
    })
  )
})
