/**
 * What `s3beat demo` does.
 */
import { Clock, Console, Duration, Effect, FileSystem, Option, Path } from "effect"
import { accountA, accountB, accountC, cast } from "../demo/accounts.ts"
import { configText, type DemoOutput } from "../demo/configText.ts"
import * as EmbeddedAws from "../demo/EmbeddedAws.ts"
import { type Proof, prove } from "../demo/proof.ts"
import { logs, regionOf, uploadOver } from "../demo/uploads.ts"
import * as Uploader from "../demo/Uploader.ts"
import * as Logging from "../telemetry/logging.ts"
import * as Progress from "../telemetry/progress.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { daemon } from "./daemon.ts"
import { howToUse, introduction, progressLine, table } from "./demoTexts.ts"
import { loadConfig, loggingOptions } from "./loadConfig.ts"
import { exitOnSecondSignal } from "./signals.ts"
import { type StartedCollector, startCollector } from "./startCollector.ts"

/** Sessions of the demo's roles end so soon that their renewal is seen. */
const SESSION_LIFETIME = Duration.seconds(8)

/** Over how long the uploads are spread: longer than a session lives. */
const UPLOAD_SPAN = Duration.seconds(9)

/** Of what is amiss, so much is told. */
const SHOWN_AMISS = 10

/** When the demo gives up. */
const LIMIT = Duration.seconds(28)

/** The shell's convention for a program ended by SIGINT. */
const INTERRUPTED = 130

/** What the command line says. */
export interface DemoOptions {
  readonly json: boolean
  readonly keep: boolean
  readonly output: DemoOutput["to"]
}

/** What the demo found. The keys of `--json`. */
export interface Summary extends Omit<Proof, "kinds" | "buckets" | "amiss"> {
  readonly objectsUploaded: number
  readonly messagesDeleted: number
  readonly messagesLeft: number
  readonly sessionsAssumed: number
  /** Roles of which more than one session was needed. */
  readonly rolesRenewed: number
  readonly deniedWithBaseIdentity: number
  /** Refusals to a role that was tried for a bucket of another role. */
  readonly deniedWhileLearning: number
  readonly output: DemoOutput["to"]
  readonly eventsFile: string
  readonly seconds: number
}

const awsLayer = EmbeddedAws.layer({ accounts: [accountA, accountB, accountC], sessionLifetimeCap: SESSION_LIFETIME })

/** Uploads logs, runs the daemon as `run` does, and proves that everything arrived. */
export const runDemo = Effect.fnUntraced(
  function* ({ json, keep, output }: DemoOptions) {
    yield* exitOnSecondSignal
    const say = json ? Console.error : Console.log
    const began = yield* Clock.currentTimeMillis
    const aws = yield* EmbeddedAws.EmbeddedAws
    const directory = yield* makeDirectory
    const path = yield* Path.Path
    const configFile = path.join(directory, "s3beat.yml")
    const eventsFile = path.join(directory, "events.ndjson")
    // Before the daemon, because the scope closes in reverse: the daemon drains into it.
    const collector = output === "logstash" ? yield* startCollector(eventsFile) : undefined
    yield* writeConfig(configFile, configText(aws.endpoint, outputOf(directory, collector)))
    const loaded = yield* loadConfig({ config: configFile, keystore: Option.none() })
    const logging = yield* loggingOptions(loaded.config)
    yield* say(introduction(aws.endpoint, configFile, collector))

    yield* Effect.forkScoped(Effect.provide(daemon(loaded, logging), Logging.layer(logging)))
    const all = logs()
    const uploaded = yield* upload(aws.endpoint, all)
    yield* awaitDelivery(all, aws).pipe(
      Effect.raceFirst(showProgress(say, uploaded)),
      Effect.timeoutOption(Duration.subtract(LIMIT, Duration.millis((yield* Clock.currentTimeMillis) - began)))
    )

    const proof = prove(all, yield* readEvents(eventsFile))
    const summary = yield* summarize(proof, aws, { objectsUploaded: all.length, output, eventsFile, began })
    const amiss = [...proof.amiss, ...whatIsAmiss(summary)]
    yield* json ? Console.log(JSON.stringify(summary)) : Console.log(table(proof, summary))
    if (amiss.length > 0) {
      return yield* new CommandFailed({
        message: `Amiss:\n  ${amiss.slice(0, SHOWN_AMISS).join("\n  ")}`,
        exitCode: exitCode.failed
      })
    }
    if (keep) {
      yield* say(howToUse(aws.endpoint, eventsFile))
      return yield* Effect.never
    }
  },
  Effect.scoped,
  Effect.provide(awsLayer),
  Effect.catchTag("EmulatorMissing", ({ message }) =>
    Effect.fail(new CommandFailed({ message, exitCode: exitCode.failed }))
  ),
  // Whoever ends the demo early has not seen the proof.
  Effect.onInterrupt(() => Effect.sync(() => void (process.exitCode = INTERRUPTED)))
)

const outputOf = (directory: string, collector: StartedCollector | undefined): DemoOutput =>
  collector === undefined ? { to: "file", directory } : { to: "logstash", port: collector.port }

const makeDirectory = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectory({ prefix: "s3beat-demo-" })
).pipe(Effect.mapError(cannotWrite))

const writeConfig = (file: string, text: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(file, text, { mode: 0o600 })).pipe(
    Effect.mapError(cannotWrite)
  )

const readEvents = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(Effect.orElseSucceed(() => ""))

function cannotWrite(cause: { readonly message: string }) {
  return new CommandFailed({ message: `The demo cannot write its files: ${cause.message}`, exitCode: exitCode.failed })
}

/** Uploads as the users of accounts A and C, and lets account B's try to read the first object without a role. */
const upload = Effect.fnUntraced(function* (endpoint: string, all: ReturnType<typeof logs>) {
  const uploaderA = yield* Uploader.make(endpoint, cast.uploader)
  const uploaderC = yield* Uploader.make(endpoint, cast.uploaderC)
  const uploaderOf = (accountId: string) => (accountId === accountC.id ? uploaderC : uploaderA)
  const beat = yield* Uploader.make(endpoint, cast.beat)
  const counted = { objects: 0 }
  yield* uploadOver(uploaderOf, all, UPLOAD_SPAN, ({ bucket, key }) =>
    Effect.suspend(() => (++counted.objects === 1 ? beat.refusalOf(regionOf(bucket), bucket, key) : Effect.undefined))
  ).pipe(Effect.forkScoped)
  return counted
})

/** Until the queues are empty, every record has become an event, and every role's session was renewed. */
const awaitDelivery = Effect.fnUntraced(function* (
  all: ReturnType<typeof logs>,
  aws: EmbeddedAws.EmbeddedAws["Service"]
) {
  const records = all.reduce((sum, log) => sum + log.records.length, 0)
  while (true) {
    const { events, messagesDeleted } = yield* Progress.totals
    const isDelivered = events >= records && messagesDeleted >= all.length && (yield* messagesLeft(aws)) === 0
    if (isDelivered && renewed(yield* aws.sessions) === cast.roleArns.length) return
    yield* Effect.sleep("100 millis")
  }
})

/** How many messages there are in all queues together. */
const messagesLeft = (aws: EmbeddedAws.EmbeddedAws["Service"]) =>
  Effect.map(Effect.forEach(cast.queueArns, aws.queueDepth), (depths) =>
    depths.reduce((sum, { delayed, inFlight, ready }) => sum + ready + inFlight + delayed, 0)
  )

/** How many roles have more than one session. */
const renewed = (sessions: ReadonlyArray<{ readonly roleArn: string }>) =>
  cast.roleArns.filter((arn) => sessions.filter(({ roleArn }) => roleArn === arn).length > 1).length

const showProgress = Effect.fnUntraced(function* (
  say: (line: string) => Effect.Effect<void>,
  uploaded: { readonly objects: number }
) {
  while (true) {
    yield* Effect.sleep("1 second")
    yield* say(progressLine(uploaded.objects, yield* Progress.totals))
  }
})

const summarize = Effect.fnUntraced(function* (
  { distinctEvents, eventsDelivered, heartbeats, recordsUploaded }: Proof,
  aws: EmbeddedAws.EmbeddedAws["Service"],
  { began, ...told }: Pick<Summary, "objectsUploaded" | "output" | "eventsFile"> & { readonly began: number }
): Effect.fn.Return<Summary> {
  const denied = (yield* aws.ledger).filter(({ code, service }) => service === "s3" && code === "AccessDenied")
  const deniedWithBaseIdentity = denied.filter(({ principal }) => principal === cast.beatArn).length
  const sessions = yield* aws.sessions
  return {
    ...told,
    recordsUploaded,
    eventsDelivered,
    distinctEvents,
    heartbeats,
    messagesDeleted: (yield* Progress.totals).messagesDeleted,
    messagesLeft: yield* messagesLeft(aws),
    sessionsAssumed: sessions.length,
    rolesRenewed: renewed(sessions),
    deniedWithBaseIdentity,
    deniedWhileLearning: denied.length - deniedWithBaseIdentity,
    seconds: Math.round(((yield* Clock.currentTimeMillis) - began) / 100) / 10
  }
})

const whatIsAmiss = (summary: Summary): ReadonlyArray<string> =>
  [
    summary.eventsDelivered === summary.recordsUploaded
      ? Option.none()
      : Option.some(`${summary.eventsDelivered} events were delivered of ${summary.recordsUploaded} records`),
    summary.distinctEvents === summary.eventsDelivered ? Option.none() : Option.some("some events have the same id"),
    summary.messagesLeft === 0 ? Option.none() : Option.some(`${summary.messagesLeft} messages are left in the queues`),
    summary.rolesRenewed === cast.roleArns.length
      ? Option.none()
      : Option.some(`of ${cast.roleArns.length} roles the sessions of ${summary.rolesRenewed} were renewed`),
    summary.deniedWhileLearning > 0 ? Option.none() : Option.some("no role was learned from a refusal"),
    summary.heartbeats > 0 ? Option.none() : Option.some("no heartbeat was seen"),
    summary.deniedWithBaseIdentity > 0 ? Option.none() : Option.some("the base identity was not refused")
  ].flatMap(Option.toArray)
