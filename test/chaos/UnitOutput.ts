/**
 * Where a daemon in trouble ships to: what can befall it, and how its events come into the books.
 */
import { Effect, Option, Schema, type Scope } from "effect"
import type { Ledger } from "../faults/Ledger.ts"
import * as LumberjackSink from "../faults/LumberjackSink.ts"
import * as OutputFiles from "../faults/OutputFiles.ts"

/** The outputs that there are. */
export const kinds = ["file", "logstash"] as const

/** One of them. */
export type Kind = (typeof kinds)[number]

/** The output of one daemon. **Shape** `files` is there for a file, `sink` for a collector: each has troubles of its own. */
export interface UnitOutput {
  readonly kind: Kind
  /** Its section of the config. */
  readonly section: string
  /** It takes nothing, and whoever ships to it is told. */
  readonly block: Effect.Effect<void>
  /** It takes nothing, and says nothing where it can. */
  readonly stall: Effect.Effect<void>
  /** It works again. */
  readonly unblock: Effect.Effect<void>
  /** Whether an event that holds this text is among the last that it got. */
  readonly hasGot: (text: string) => Effect.Effect<boolean>
  /** Brings what it got into the books, as far as it is not there yet, once the daemon has ended. */
  readonly settle: Effect.Effect<void>
  /** How often events of this object may have come again because their sender could not know that they had come. */
  readonly repetitions: (bucket: string, key: string) => number
  readonly files?: OutputFiles.OutputFiles
  readonly sink?: LumberjackSink.Sink
}

/** Files in this directory. */
export const file = (directory: string, ledger: Ledger): UnitOutput => {
  const files = OutputFiles.make(directory)
  return {
    kind: "file",
    section: `output.file:
  path: ${JSON.stringify(directory)}
  filename: events
  rotate_every_kb: 16384
  number_of_files: 1024`,
    block: files.block,
    stall: files.block,
    unblock: files.unblock,
    hasGot: files.endHolds,
    settle: files.eachLine((line) => ledger.arrived(line)),
    repetitions: () => 0,
    files
  }
}

/** So many of the last events are looked through. */
const LATEST = 1000

/** A collector, which listens until the scope closes. */
export const logstash = (ledger: Ledger): Effect.Effect<UnitOutput, never, Scope.Scope> =>
  Effect.gen(function* () {
    const repetitions = new Map<string, number>()
    let latest: ReadonlyArray<string> = []
    const sink = yield* LumberjackSink.make({
      onEvents: (events, isAcked) => {
        for (const event of events) ledger.arrived(event, isAcked)
        if (isAcked) latest = [...latest, ...events].slice(-LATEST)
      },
      onUncertain: (events) => {
        for (const object of new Set(events.flatMap(objectOf))) {
          repetitions.set(object, (repetitions.get(object) ?? 0) + 1)
        }
      }
    })
    return {
      kind: "logstash",
      section: `output.logstash:
  hosts: ["127.0.0.1:${sink.port}"]
  timeout: 5s
  backoff: { init: 1s, max: 10s }`,
      block: sink.setConduct({ _tag: "acceptAndDie" }),
      stall: sink.setConduct({ _tag: "silence" }),
      unblock: sink.setConduct({ _tag: "ack" }),
      hasGot: (text) => Effect.sync(() => latest.some((event) => event.includes(text))),
      settle: Effect.asVoid(
        Effect.repeat(Effect.delay(sink.connections, "20 millis"), { until: (connections) => connections === 0 })
      ),
      repetitions: (bucket, key) => repetitions.get(nameOf(bucket, key)) ?? 0,
      sink
    }
  })

const nameOf = (bucket: string, key: string) => JSON.stringify([bucket, key])

/** What tells an event of an object from a heartbeat. */
const EventOfObject = Schema.fromJsonString(
  Schema.Struct({
    aws: Schema.Struct({
      s3: Schema.Struct({
        bucket: Schema.Struct({ name: Schema.String }),
        object: Schema.Struct({ key: Schema.String })
      })
    })
  })
)

const decodeEvent = Schema.decodeUnknownOption(EventOfObject)

const objectOf = (text: string): ReadonlyArray<string> =>
  Option.match(decodeEvent(text), {
    onNone: () => [],
    onSome: ({ aws: { s3 } }) => [nameOf(s3.bucket.name, s3.object.key)]
  })
