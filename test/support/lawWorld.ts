/**
 * A daemon in this process over real HTTP: the adapters as they are, the embedded AWS behind a proxy of faults, an output that fails
 * on command, and a ledger that judges. Leases are so short that a test lives through several.
 */
import { Clock, Context, Deferred, Duration, Effect, Fiber, Layer, Redacted, Schedule, type Scope } from "effect"
import * as BaseIdentityAws from "../../src/aws/BaseIdentityAws.ts"
import * as S3ReaderAws from "../../src/aws/S3ReaderAws.ts"
import * as SqsSourceAws from "../../src/aws/SqsSourceAws.ts"
import * as StsAws from "../../src/aws/StsAws.ts"
import * as CredentialsByRole from "../../src/credentials/CredentialsByRole.ts"
import { EmbeddedAws, type EmbeddedAwsOptions } from "../../src/demo/EmbeddedAws.ts"
import { type EventBatch, events } from "../../src/domain/EventBatch.ts"
import { Output } from "../../src/output/Output.ts"
import * as DeadLettersNone from "../../src/deadletter/DeadLettersNone.ts"
import * as PublisherCoalescing from "../../src/output/PublisherCoalescing.ts"
import * as Ingest from "../../src/pipeline/Ingest.ts"
import * as LeaseBatching from "../../src/source/LeaseBatching.ts"
import * as OutputMemory from "../../src/testing/OutputMemory.ts"
import * as FaultProxy from "../faults/FaultProxy.ts"
import * as Ledger from "../faults/Ledger.ts"
import type { RandomLog } from "../faults/randomLog.ts"
import * as TwoAccounts from "./embeddedAws.ts"
import { isQueueEmpty, makeHurry } from "./hurry.ts"
import * as Pipeline from "./pipeline.ts"

/** For how long a message is invisible, unless it is extended. */
export const visibilityTimeout = Duration.seconds(3)

export const bucket = "prod-logs"

export const queue = { name: TwoAccounts.events.name, region: TwoAccounts.events.region }

/** The books, and what was uploaded so far. */
export class Books extends Context.Service<Books, Ledger.Ledger>()("s3beat/test/Books") {}

const services = (roles: ReadonlyArray<string>) =>
  Layer.unwrap(
    Effect.map(FaultProxy.FaultProxy, ({ endpoint }) => {
      const keys = {
        accessKeyId: Redacted.make(TwoAccounts.beat.accessKeyId),
        secretAccessKey: Redacted.make(TwoAccounts.beat.secretAccessKey)
      }
      const credentials = CredentialsByRole.layer({
        roles: roles.map((arn) => ({ arn, buckets: [], queues: [] })),
        sessionName: "s3beat-law",
        duration: Duration.hours(1)
      }).pipe(
        Layer.provide(StsAws.layer({ region: queue.region, endpoint })),
        Layer.provide(BaseIdentityAws.layerKeys(keys))
      )
      return Layer.mergeAll(
        LeaseBatching.layer({ visibilityTimeout }).pipe(Layer.provideMerge(SqsSourceAws.layer({ endpoint }))),
        S3ReaderAws.layer({ endpoint, forcePathStyle: true })
      ).pipe(Layer.provideMerge(credentials))
    })
  )

/** How the world differs from the usual one. */
export interface WorldOptions extends Partial<EmbeddedAwsOptions> {
  readonly seed?: number
  /** The ARNs of the roles that the daemon may take on. */
  readonly roles?: ReadonlyArray<string>
}

/** Everything but the output. */
export const layerWithoutOutput = ({ roles = [TwoAccounts.roleArns.reader], seed = 1, ...aws }: WorldOptions = {}) =>
  Layer.merge(services(roles), DeadLettersNone.layer).pipe(
    Layer.provideMerge(FaultProxy.layer({ seed })),
    Layer.provideMerge(TwoAccounts.layerWith(aws)),
    Layer.provideMerge(Layer.sync(Books, Ledger.make))
  )

/** Small batches, soon. */
export const publisher = PublisherCoalescing.layer({
  maxEvents: 2048,
  maxBytes: 4 * 1024 * 1024,
  maxWait: Duration.millis(20)
})

/** Notes in the books what the output acknowledges, before whoever published it hears of that. */
const noted = Layer.effect(
  Output,
  Effect.gen(function* () {
    const output = yield* Output
    const books = yield* Books
    const note = (batches: ReadonlyArray<EventBatch>, refused: ReadonlySet<number>) =>
      Effect.sync(() => {
        for (const [index, event] of batches.flatMap((batch) => Array.from(events(batch))).entries()) {
          if (!refused.has(index)) books.arrived(Buffer.from(event).toString())
        }
      })
    return Output.of({
      ...output,
      publish: (batches) =>
        output.publish(batches).pipe(
          Effect.tap(note(batches, new Set())),
          Effect.tapError(({ reason }) =>
            reason._tag === "EventsRejected"
              ? note(batches, new Set(reason.events.map(({ index }) => index)))
              : Effect.void
          )
        )
    })
  })
)

/** The world, with an output in memory. */
export const layer = (options: WorldOptions = {}) =>
  publisher.pipe(
    Layer.provide(noted),
    Layer.provideMerge(OutputMemory.layer()),
    Layer.provideMerge(layerWithoutOutput(options))
  )

/** Uploads a log, and notes it in the books. */
export const upload = Effect.fnUntraced(function* ({ bytes, content, key, records }: RandomLog) {
  const aws = yield* EmbeddedAws
  const books = yield* Books
  const eTag = yield* aws.putObject(bucket, key, bytes)
  books.uploaded({ bucket, key, eTag, content, records })
})

/** A log of these lines. */
export const linesOf = (key: string, ...records: ReadonlyArray<string>): RandomLog => {
  const content = Buffer.from(records.map((record) => `${record}\n`).join(""))
  return { key, bytes: content, content, records }
}

/** Starts the daemon; `drain` ends it in peace, `kill` at once, as the end of a `shutdownTimeout` does. */
export const start = (more: Partial<Ingest.IngestOptions> = {}) =>
  Effect.gen(function* () {
    const drained = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkScoped(
      Ingest.run(
        {
          ...Pipeline.options,
          queues: [{ queue, hasRedrivePolicy: false }],
          period: Duration.seconds(1),
          visibilityTimeout,
          ...more
        },
        Deferred.await(drained)
      )
    )
    return {
      drain: Effect.andThen(Deferred.succeed(drained, undefined), Fiber.join(fiber)),
      kill: Fiber.interrupt(fiber)
    }
  })

/** Waits until it is so. Dies when it is not within `limit`. */
export const until = <R>(
  what: string,
  isSo: Effect.Effect<boolean, never, R>,
  limit: Duration.Duration = Duration.seconds(20)
): Effect.Effect<void, never, R> =>
  isSo.pipe(
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutOrElse({ duration: limit, orElse: () => Effect.die(new Error(`It is not so that ${what}.`)) }),
    Effect.asVoid
  )

/** Until the queue is empty; messages that were put off are hurried. */
export const untilQueueIsEmpty = (limit: Duration.Duration = Duration.seconds(30)) =>
  Effect.gen(function* () {
    const hurry = yield* makeHurry(visibilityTimeout)
    yield* until("the queue is empty", Effect.andThen(hurry, isQueueEmpty), limit)
  }).pipe(Effect.scoped)

/** The milliseconds since `began`. */
export const since = (began: number) => Effect.map(Clock.currentTimeMillis, (now) => now - began)

/** Everything that a test of a law may ask for. */
export type Services = Layer.Success<ReturnType<typeof layer>> | Scope.Scope
