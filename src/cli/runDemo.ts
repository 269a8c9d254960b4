/**
 * What `s3beat demo` does.
 */
import { Clock, Console, Duration, Effect, FileSystem, Option, Path } from "effect"
import { accountA, accountB, cast } from "../demo/accounts.ts"
import { configText } from "../demo/configText.ts"
import * as EmbeddedAws from "../demo/EmbeddedAws.ts"
import { type Proof, prove } from "../demo/proof.ts"
import { logs, regionOf, uploadOver } from "../demo/uploads.ts"
import * as Uploader from "../demo/Uploader.ts"
import * as Progress from "../telemetry/progress.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { daemon } from "./daemon.ts"
import { howToUse, introduction, progressLine, table } from "./demoTexts.ts"
import { loadConfig, loggingLayer } from "./loadConfig.ts"
import { exitOnSecondSignal } from "./signals.ts"

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

/** What the demo found. The keys of `--json`. */
export interface Summary extends Omit<Proof, "kinds" | "amiss"> {
  readonly objectsUploaded: number
  readonly messagesDeleted: number
  readonly messagesLeft: number
  readonly sessionsAssumed: number
  readonly deniedWithBaseIdentity: number
  readonly eventsFile: string
  readonly seconds: number
}

const awsLayer = EmbeddedAws.layer({ accounts: [accountA, accountB], sessionLifetimeCap: SESSION_LIFETIME })

/** Uploads logs, runs the daemon as `run` does, and proves that everything arrived. */
export const runDemo = Effect.fnUntraced(
  function* ({ json, keep }: { readonly json: boolean; readonly keep: boolean }) {
    yield* exitOnSecondSignal
    const say = json ? Console.error : Console.log
    const began = yield* Clock.currentTimeMillis
    const aws = yield* EmbeddedAws.EmbeddedAws
    const directory = yield* makeDirectory
    const path = yield* Path.Path
    const configFile = path.join(directory, "s3beat.yml")
    const eventsFile = path.join(directory, "events.ndjson")
    yield* writeConfig(configFile, configText(aws.endpoint, directory))
    const { config } = yield* loadConfig({ config: configFile, keystore: Option.none() })
    yield* say(introduction(aws.endpoint, configFile))

    yield* Effect.forkScoped(Effect.provide(daemon(config), loggingLayer(config)))
    const all = logs()
    const uploaded = yield* upload(aws.endpoint, all)
    yield* awaitDelivery(all, aws).pipe(
      Effect.raceFirst(showProgress(say, uploaded)),
      Effect.timeoutOption(Duration.subtract(LIMIT, Duration.millis((yield* Clock.currentTimeMillis) - began)))
    )

    const proof = prove(all, yield* readEvents(eventsFile))
    const summary = yield* summarize(proof, aws, { objectsUploaded: all.length, eventsFile, began })
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

/** Uploads as account A's user, and lets account B's try to read the first object without the role. */
const upload = Effect.fnUntraced(function* (endpoint: string, all: ReturnType<typeof logs>) {
  const uploader = yield* Uploader.make(endpoint, cast.uploader)
  const beat = yield* Uploader.make(endpoint, cast.beat)
  const counted = { objects: 0 }
  yield* uploadOver(uploader, all, UPLOAD_SPAN, ({ bucket, key }) =>
    Effect.suspend(() => (++counted.objects === 1 ? beat.refusalOf(regionOf(bucket), bucket, key) : Effect.undefined))
  ).pipe(Effect.forkScoped)
  return counted
})

/** Until the queue is empty and every record has become an event. */
const awaitDelivery = Effect.fnUntraced(function* (
  all: ReturnType<typeof logs>,
  aws: EmbeddedAws.EmbeddedAws["Service"]
) {
  const records = all.reduce((sum, log) => sum + log.records.length, 0)
  while (true) {
    const { events, messagesDeleted } = yield* Progress.totals
    const { inFlight, ready } = yield* aws.queueDepth(cast.queueArn)
    const { length } = yield* aws.sessions
    if (events >= records && messagesDeleted >= all.length && ready + inFlight === 0 && length >= 2) return
    yield* Effect.sleep("100 millis")
  }
})

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
  { distinctEvents, eventsDelivered, recordsUploaded }: Proof,
  aws: EmbeddedAws.EmbeddedAws["Service"],
  {
    began,
    eventsFile,
    objectsUploaded
  }: { readonly began: number; readonly eventsFile: string; readonly objectsUploaded: number }
): Effect.fn.Return<Summary> {
  const { delayed, inFlight, ready } = yield* aws.queueDepth(cast.queueArn)
  const denied = (yield* aws.ledger).filter(
    ({ code, principal, service }) => service === "s3" && principal === cast.beatArn && code === "AccessDenied"
  )
  return {
    objectsUploaded,
    recordsUploaded,
    eventsDelivered,
    distinctEvents,
    messagesDeleted: (yield* Progress.totals).messagesDeleted,
    messagesLeft: ready + inFlight + delayed,
    sessionsAssumed: (yield* aws.sessions).length,
    deniedWithBaseIdentity: denied.length,
    eventsFile,
    seconds: Math.round(((yield* Clock.currentTimeMillis) - began) / 100) / 10
  }
})

const whatIsAmiss = (summary: Summary): ReadonlyArray<string> =>
  [
    summary.eventsDelivered === summary.recordsUploaded
      ? Option.none()
      : Option.some(`${summary.eventsDelivered} events were delivered of ${summary.recordsUploaded} records`),
    summary.distinctEvents === summary.eventsDelivered ? Option.none() : Option.some("some events have the same id"),
    summary.messagesLeft === 0 ? Option.none() : Option.some(`${summary.messagesLeft} messages are left in the queue`),
    summary.sessionsAssumed >= 2 ? Option.none() : Option.some("no session was refreshed"),
    summary.deniedWithBaseIdentity > 0 ? Option.none() : Option.some("the base identity was not refused")
  ].flatMap(Option.toArray)
