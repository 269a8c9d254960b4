/**
 * Several accounts, as a config names them, over HTTP: who reads which bucket and polls which queue is what AWS saw.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { servicesLayer } from "../../src/cli/servicesLayer.ts"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { type Account, queueArn, roleArn, s3Arn } from "../../src/demo/World.ts"
import { SqsSource } from "../../src/source/SqsSource.ts"
import { configOf } from "../config/configText.ts"
import * as Logged from "../support/Logged.ts"
import * as World from "../support/embeddedAws.ts"
import { read } from "../support/s3ReaderWorld.ts"

const region = "us-east-1"

/** C's role may read C's bucket, and do all that a beat does with C's queue. */
const auditor = {
  name: "auditor",
  trusts: [World.arn.beat],
  externalId: "known-to-c",
  maxSessionDuration: Duration.hours(1),
  policy: [
    { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::audit-logs/*"] },
    { actions: ["sqs:*"], resources: ["arn:aws:sqs:*:333333333333:*"] }
  ]
}

const auditEvents = { name: "audit-events", region }

const accountC: Account = {
  id: "333333333333",
  users: [],
  roles: [auditor],
  buckets: [{ name: "audit-logs", region }],
  queues: [auditEvents]
}

/** Nobody's account that the config knows of. */
const stranger: Account = {
  id: "999999999999",
  users: [],
  roles: [],
  buckets: [{ name: "strangers-logs", region }],
  queues: []
}

const aws = World.layerWith({ accounts: [World.accountA, World.accountB, accountC, stranger] })

const arnA = World.roleArns.reader
const arnC = roleArn(accountC, auditor)

/** The services that a config with these lines under `assumeRoleArn:` gives the daemon. */
const layerOf = (...roles: ReadonlyArray<string>) =>
  Layer.unwrap(
    Effect.map(EmbeddedAws, ({ endpoint }) =>
      servicesLayer(
        configOf(`s3beat:
  beatIdentifier: test
  sqsQueues: [${World.events.name}:${region}, ${auditEvents.name}:${region}]
  accessKeyID: ${World.beat.accessKeyId}
  secretAccessKey: ${World.beat.secretAccessKey}
  assumeRoleFlag: true
  assumeRoleArn:
${roles.map((line) => `    ${line}\n`).join("")}
  endpoints: { s3: "${endpoint}", sqs: "${endpoint}", sts: "${endpoint}" }
output.console.enabled: true
`)
      )
    )
  ).pipe(Layer.provideMerge(Layer.merge(aws, Logged.layer)))

const put = (bucket: string) =>
  Effect.flatMap(EmbeddedAws, ({ putObject }) => putObject(bucket, "log", Buffer.from(bucket)))

const readFrom = (bucket: string) =>
  Effect.map(read({ bucket, key: "log", region }), ({ bytes }) => assert.strictEqual(bytes.toString(), bucket))

/** Names as the config has them: a session goes by its role, B's user is `base`. */
const nameOf = (principal: string) =>
  principal === World.arn.beat ? "base" : (/assumed-role\/([^/]+)/u.exec(principal)?.[1] ?? principal)

/** Who asked for this resource, in order, and how it ended. */
const askedFor = (resource: string) =>
  Effect.map(
    Effect.flatMap(EmbeddedAws, ({ ledger }) => ledger),
    (ledger) =>
      ledger
        .filter((entry) => entry.resource === resource)
        .map(({ action, code, principal }) => `${nameOf(principal)} ${action} ${code ?? "ok"}`)
  )

/** Who did anything with this queue, and how it ended. */
const whoWorkedOn = (arn: string) =>
  Effect.map(askedFor(arn), (asked) => [...new Set(asked.map((line) => line.replace(/ sqs:\w+/u, "")))])

describe("several accounts: buckets", () => {
  it.live("which role reads a bucket is learned from one refusal, if it is not told", () =>
    Effect.gen(function* () {
      for (const bucket of ["audit-logs", "prod-logs"]) {
        yield* put(bucket)
        for (let i = 0; i < 3; i++) yield* readFrom(bucket)
      }
      assert.deepStrictEqual(yield* askedFor(s3Arn("audit-logs", "log")), [
        "s3beat-reader s3:GetObject AccessDenied",
        ...Array.from({ length: 3 }, () => "auditor s3:GetObject ok")
      ])
      assert.deepStrictEqual(
        yield* askedFor(s3Arn("prod-logs", "log")),
        Array.from({ length: 3 }, () => "s3beat-reader s3:GetObject ok")
      )
    }).pipe(Effect.provide(layerOf(`- ${arnA}`, `- { arn: "${arnC}", externalId: known-to-c }`)))
  )

  it.live("a bucket that a role's globs name is read by it at once, and no other is by that role", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["audit-logs", "own-logs"], put)
      yield* readFrom("audit-logs")
      yield* Effect.exit(readFrom("own-logs"))
      assert.deepStrictEqual(yield* askedFor(s3Arn("audit-logs", "log")), ["auditor s3:GetObject ok"])
      assert.deepStrictEqual(yield* askedFor(s3Arn("own-logs", "log")), [
        "s3beat-reader s3:GetObject AccessDenied",
        "base s3:GetObject ok"
      ])
    }).pipe(Effect.provide(layerOf(`- ${arnA}`, `- { arn: "${arnC}", externalId: known-to-c, buckets: audit-* }`)))
  )

  it.live("a role whose external id is not the one that it asks for reads nothing, and holds up no other", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["audit-logs", "prod-logs"], put)
      yield* readFrom("prod-logs")
      const { reason } = yield* Effect.flip(readFrom("audit-logs"))
      assert.strictEqual(reason._tag, "AccessDenied")
      assert.include(reason.detail, arnC)
      assert.include(yield* askedFor(arnC), "base sts:AssumeRole AccessDenied")
    }).pipe(Effect.provide(layerOf(`- ${arnA}`, `- { arn: "${arnC}", externalId: a-guess, buckets: [audit-logs] }`)))
  )

  it.live("a bucket must belong to the account of the role that reads it, whatever a forged notification says", () =>
    Effect.gen(function* () {
      yield* put("strangers-logs")
      const { reason } = yield* Effect.flip(readFrom("strangers-logs"))
      assert.strictEqual(reason._tag, "AccessDenied")
      // S3's words for an owner that is not the expected one; for a permission that is missing it says more.
      for (const arn of [arnA, arnC]) {
        assert.include(reason.detail, `${arn} was refused: AccessDenied: Access Denied (HTTP 403)`)
      }
      assert.include(reason.detail, "belongs to another account than 111111111111 or 333333333333")
    }).pipe(Effect.provide(layerOf(`- ${arnA}`, `- { arn: "${arnC}", externalId: known-to-c }`)))
  )
})

describe("several accounts: queues", () => {
  const own = { name: World.events.name, region }

  /** All that a beat does with a queue. */
  const work = Effect.fnUntraced(function* (queue: Parameters<SqsSource["Service"]["describe"]>[0]) {
    const source = yield* SqsSource
    yield* source.describe(queue)
    const timeout = Duration.seconds(30)
    const receive = source.receive(queue, { max: 1, wait: Duration.zero, visibilityTimeout: timeout })
    const received = yield* receive
    yield* source.extend(
      queue,
      received.map((message) => ({ message, timeout }))
    )
    yield* source.release(
      queue,
      received.map((message) => ({ message, delay: Duration.zero }))
    )
    const again = yield* receive
    yield* source.delete(queue, again)
    assert.deepStrictEqual([received.length, again.length], [1, 1])
  })

  it.live(
    "a queue that a role names is polled, extended, released and deleted from as that role, the others as the base identity",
    () =>
      Effect.gen(function* () {
        const { sendMessage } = yield* EmbeddedAws
        yield* sendMessage(queueArn(accountC, auditEvents), "hello")
        yield* sendMessage(World.arn.events, "hello")
        yield* work(auditEvents)
        yield* work(own)
        assert.deepStrictEqual(yield* whoWorkedOn(queueArn(accountC, auditEvents)), ["auditor ok"])
        assert.deepStrictEqual(yield* whoWorkedOn(World.arn.events), ["base ok"])
      }).pipe(
        Effect.provide(layerOf(`- ${arnA}`, `- { arn: "${arnC}", externalId: known-to-c, queues: [audit-events] }`))
      )
  )

  it.live("a queue of which the account is known is polled as that account's role without being told", () =>
    Effect.gen(function* () {
      const { sendMessage } = yield* EmbeddedAws
      yield* sendMessage(queueArn(accountC, auditEvents), "hello")
      yield* work({ ...auditEvents, accountId: accountC.id })
      assert.deepStrictEqual(yield* whoWorkedOn(queueArn(accountC, auditEvents)), ["auditor ok"])
    }).pipe(Effect.provide(layerOf(`- ${arnA}`, `- { arn: "${arnC}", externalId: known-to-c }`)))
  )
})
