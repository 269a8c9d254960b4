/**
 * What befalls daemons, beside the weather. Each ordeal ends by itself, with everything put right.
 */
import { Duration, Effect } from "effect"
import type { Pseudorandom } from "../../src/demo/Pseudorandom.ts"
import * as Fault from "../faults/Fault.ts"
import type { Conduct } from "../faults/LumberjackSink.ts"
import { LEASE_SECONDS } from "./configText.ts"
import type { Daemon } from "./Daemon.ts"
import type { Kind, UnitOutput } from "./UnitOutput.ts"
import { randomStorm, type Weather } from "./Weather.ts"

/** A daemon and its output. `isBusy` while an ordeal of its own is under way. */
export interface Unit {
  readonly daemon: Daemon
  readonly output: UnitOutput
  isBusy: boolean
}

/** What an ordeal has to work with. */
export interface OrdealWorld {
  readonly units: ReadonlyArray<Unit>
  readonly weather: Weather
  readonly random: Pseudorandom
}

/**
 * Something that happens. **Shape** one that is `ofUnit` has a daemon to itself, one with an output of that kind where one is told; `weight` is
 * how often, against the others.
 */
export type Ordeal = { readonly name: string; readonly weight: number } & (
  | {
      readonly ofUnit: true
      readonly output?: Kind
      readonly befall: (unit: Unit, random: Pseudorandom) => Effect.Effect<void>
    }
  | { readonly ofUnit: false; readonly befall: (world: OrdealWorld) => Effect.Effect<void> }
)

const seconds = (random: Pseudorandom, least: number, most: number) =>
  Duration.millis(1000 * least + random.int(1000 * (most - least)))

/** For as long as the effect is slept through, and not a moment longer, however that ends. */
const during = (begin: Effect.Effect<unknown>, time: Duration.Duration, end: Effect.Effect<unknown>) =>
  Effect.acquireUseRelease(
    begin,
    () => Effect.sleep(time),
    () => end
  )

const outage = (
  name: string,
  service: "s3" | "sqs" | "sts",
  fault: Fault.Fault,
  least: number,
  most: number
): Ordeal => ({
  name,
  weight: 1,
  ofUnit: false,
  befall: ({ random, weather }) =>
    during(weather.outage(service, fault), seconds(random, least, most), weather.outage(service))
})

const collector = (name: string, conduct: (random: Pseudorandom) => Conduct): Ordeal => ({
  name,
  weight: 1,
  ofUnit: true,
  output: "logstash",
  befall: ({ output }, random) =>
    during(output.sink?.setConduct(conduct(random)) ?? Effect.void, seconds(random, 2, 12), output.unblock)
})

/** All of them. */
export const ordeals: ReadonlyArray<Ordeal> = [
  {
    name: "storm",
    weight: 8,
    ofUnit: false,
    befall: ({ random, weather }) => weather.storm(randomStorm(random))
  },
  { name: "calm", weight: 2, ofUnit: false, befall: ({ weather }) => weather.storm([]) },

  // Longer than the sessions of this world live.
  outage("STS outage", "sts", Fault.drop, 5, 30),
  outage("SQS outage", "sqs", Fault.internalError, 3, 10),
  outage("S3 outage", "s3", Fault.slowDown, 3, 12),

  {
    name: "SIGTERM",
    weight: 2,
    ofUnit: true,
    befall: ({ daemon }) => Effect.asVoid(daemon.signal("SIGTERM"))
  },
  {
    name: "output down",
    weight: 2,
    ofUnit: true,
    befall: ({ output }, random) => during(output.block, seconds(random, 2, 15), output.unblock)
  },
  {
    name: "SIGTERM during a stalled output",
    weight: 2,
    ofUnit: true,
    befall: ({ daemon, output }, random) =>
      Effect.acquireUseRelease(
        output.stall,
        () =>
          Effect.sleep(seconds(random, 1, 4)).pipe(
            Effect.andThen(daemon.signal("SIGTERM")),
            Effect.andThen(Effect.sleep(seconds(random, 1, 8)))
          ),
        () => output.unblock
      )
  },
  {
    name: "output file taken away",
    weight: 2,
    ofUnit: true,
    output: "file",
    befall: ({ output }) => output.files?.takeAway ?? Effect.void
  },
  {
    name: "full disk",
    weight: 1,
    ofUnit: true,
    output: "file",
    befall: ({ daemon, output }, random) =>
      Effect.acquireUseRelease(
        Effect.flatMap(output.files?.activeBytes ?? Effect.succeed(0), (bytes) =>
          daemon.setFileLimit(Math.ceil(bytes / 1024) + random.int(200))
        ),
        () => Effect.andThen(daemon.signal("SIGTERM"), Effect.sleep(seconds(random, 4, 15))),
        () => Effect.andThen(daemon.setFileLimit(), daemon.signal("SIGTERM"))
      )
  },
  collector("collector never acks", () => ({ _tag: "silence" })),
  collector("collector acks a part", (random) => ({ _tag: "ackPart", events: 1 + random.int(200) })),
  collector("collector resets midway", (random) => ({ _tag: "resetAfter", events: random.int(500) })),
  collector("collector acks and dies", () => ({ _tag: "ackThenDie" })),
  {
    name: "clock an hour ahead",
    weight: 1,
    ofUnit: true,
    befall: ({ daemon }, random) =>
      during(daemon.setClock(Duration.hours(1)), seconds(random, 4, 15), daemon.setClock(Duration.zero))
  },
  {
    name: "clock an hour back",
    weight: 1,
    ofUnit: true,
    befall: ({ daemon }, random) =>
      during(daemon.setClock(Duration.hours(-1)), seconds(random, 4, 15), daemon.setClock(Duration.zero))
  },
  {
    name: "frozen for longer than a lease",
    weight: 0.3,
    ofUnit: true,
    befall: ({ daemon }) =>
      during(daemon.signal("SIGSTOP"), Duration.seconds(LEASE_SECONDS + 3), daemon.signal("SIGCONT"))
  }
]

/** The next ordeal, by weight. */
export const nextOrdeal = (random: Pseudorandom): Ordeal | undefined => {
  const sum = ordeals.reduce((sum, { weight }) => sum + weight, 0)
  let at = (random.int(1_000_000) / 1_000_000) * sum
  return ordeals.find(({ weight }) => (at -= weight) < 0)
}

/** What must be there before a daemon can start, and is not: it ends, and is started again until it is. */
export const lateStart = ({ units, weather }: OrdealWorld): Effect.Effect<void> =>
  Effect.all(
    [
      during(weather.outage("sqs", Fault.noSuchQueue), Duration.seconds(4), weather.outage("sqs")),
      during(weather.outage("sts", Fault.drop), Duration.seconds(8), weather.outage("sts")),
      ...units.map(({ output }) => during(output.block, Duration.seconds(6), output.unblock))
    ],
    { concurrency: "unbounded", discard: true }
  )
