/**
 * Two accounts that allow exactly what `s3beat policy` says, and `s3beat check` run on them as from the command line.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { EmbeddedAws, layer as layerAws } from "../../src/demo/EmbeddedAws.ts"
import type { Account, Bucket, Queue, Role, User } from "../../src/demo/World.ts"
import * as Policies from "../../src/policy/Policies.ts"
import { accountsOf, BEAT, partsOf, QUEUE, ROLE } from "./policyWorld.ts"
import { runS3beatInside } from "./runS3beat.ts"

/** Where rejected messages go, where the config says so. */
const letters: Queue = { name: "letters", region: "us-east-1" }

const LETTERS = QUEUE.replace(/events$/u, letters.name)

const parts = partsOf(
  Policies.make({
    queues: [{ name: "events", region: "us-east-1" }],
    deadLetterQueue: letters,
    roles: [{ arn: ROLE, externalId: "shared", buckets: [], queues: [] }],
    sessionSeconds: 3600,
    principal: BEAT,
    buckets: ["logs"],
    kmsKeys: []
  })
)

/** What the identity and the role may do. */
export const beatPolicy = parts.user.policy
export const readerPolicy = parts.role.policy

/** What a test changes of the world, and of the config. */
export interface Change {
  readonly user?: Partial<User>
  readonly role?: Partial<Role>
  readonly queue?: (queue: Queue) => Queue
  readonly bucket?: (bucket: Bucket) => Bucket
  /** The bucket is of a third account. */
  readonly isBucketForeign?: boolean
  readonly s3beat?: string
  readonly sqsQueues?: string
  readonly sts?: string
  readonly output?: string
  readonly flags?: ReadonlyArray<string>
  /** Before the check; one object, unless given. */
  readonly upload?: Effect.Effect<unknown, never, EmbeddedAws>
}

const same = <A>(value: A): A => value

const logs: Bucket = { name: "logs", region: "us-east-1", notifies: { queueArn: QUEUE } }

const worldOf = ({ bucket = same, isBucketForeign = false, queue = same, role, user }: Change) => {
  const changed = {
    user: { ...parts.user, ...user },
    role: { ...parts.role, ...role },
    queue: queue(parts.queue)
  }
  const buckets = [bucket(logs)]
  const stranger: Account = { id: "333333333333", users: [], roles: [], buckets, queues: [] }
  return isBucketForeign ? [...accountsOf(changed, [], [letters]), stranger] : accountsOf(changed, buckets, [letters])
}

const Findings = Schema.fromJsonString(
  Schema.Struct({
    ok: Schema.Boolean,
    findings: Schema.Array(
      Schema.Struct({
        check: Schema.String,
        status: Schema.Literals(["ok", "warning", "failed", "skipped"]),
        detail: Schema.String,
        remedy: Schema.optionalKey(
          Schema.Struct({
            advice: Schema.String,
            add: Schema.Array(
              Schema.Struct({
                to: Schema.String,
                of: Schema.String,
                account: Schema.String,
                statement: Schema.Record(Schema.String, Schema.Unknown)
              })
            )
          })
        )
      })
    )
  })
)

/** What `s3beat check` printed, and how it ended. */
export interface Checked {
  readonly exitCode: number | undefined
  readonly stdout: string
  /** Of the queue, afterwards: how many messages may be received. */
  readonly ready: number
  /** The same of the dead-letter queue. */
  readonly letters: number
}

/** Runs `s3beat check` on the world as it was changed. */
export const runCheck = (change: Change = {}): Effect.Effect<Checked> =>
  Effect.gen(function* () {
    const aws = yield* EmbeddedAws
    yield* change.upload ?? aws.putObject("logs", "app.log", Buffer.from("one line\n"))
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "s3beat-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const config = join(directory, "s3beat.yml")
    writeFileSync(config, configText(aws.endpoint, directory, change), { mode: 0o600 })
    const { exitCode, stdout } = yield* runS3beatInside(["check", "-c", config, ...(change.flags ?? [])])
    return {
      exitCode,
      stdout,
      ready: (yield* aws.queueDepth(QUEUE)).ready,
      letters: (yield* aws.queueDepth(LETTERS)).ready
    }
  }).pipe(Effect.scoped, Effect.provide(layerAws({ accounts: worldOf(change) })), Effect.orDie)

/** The findings of `s3beat check --json`. */
export const findingsOf = (change: Change = {}) =>
  Effect.gen(function* () {
    const { exitCode, letters, ready, stdout } = yield* runCheck({
      ...change,
      flags: ["--json", ...(change.flags ?? [])]
    })
    const { findings, ok } = yield* Effect.orDie(Schema.decodeEffect(Findings)(stdout))
    return {
      exitCode,
      ready,
      letters,
      ok,
      findings,
      amiss: findings.filter(({ status }) => status === "failed" || status === "warning")
    }
  })

const configText = (
  endpoint: string,
  directory: string,
  { output, s3beat, sqsQueues = "events:us-east-1", sts = endpoint }: Change
) => `
s3beat:
  beatIdentifier: check
  sqsQueues: ${sqsQueues}
  accessKeyID: AKIABEAT
  secretAccessKey: secret-of-beat
  assumeRoleFlag: true
  assumeRoleArn: { arn: "${ROLE}", externalId: shared }
  endpoints: { s3: "${endpoint}", sqs: "${endpoint}", sts: "${sts}" }
  ${s3beat ?? ""}
${output ?? `output.file: { path: ${JSON.stringify(join(directory, "events"))} }`}
`
