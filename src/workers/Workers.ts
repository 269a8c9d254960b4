/**
 * The workers of a process, as its main thread sees them: one whole pipeline each, restarted when they die.
 */
import { Deferred, Effect, Option, Ref } from "effect"
import { Worker, type WorkerError } from "effect/workers"
import type { Identities } from "../credentials/Identities.ts"
import type { DeadLetters } from "../deadletter/DeadLetters.ts"
import type { Publisher } from "../output/Publisher.ts"
import * as retry from "../retry.ts"
import { answer } from "./answer.ts"
import type { Counted, FromWorker, ToWorker } from "./protocol.ts"
import * as relay from "./relay.ts"

/**
 * Runs `count` workers until `drain` completes; then has them drain, and returns when all have.
 *
 * **Shape** `ended` is told the index of every worker whose thread has ended, before another one is started in its stead.
 *
 * **Guarantee** A worker that dies is said in the log and started anew; its messages come back to their queues by themselves.
 * One that dies while it drains is not started again. Interruption has every worker give its messages back and end.
 */
export const run = Effect.fn("Workers.run")(function* (
  count: number,
  drain: Effect.Effect<void>,
  ended: (index: number) => Effect.Effect<void>
): Effect.fn.Return<void, never, DeadLetters | Identities | Publisher | Worker.WorkerPlatform | Worker.Spawner> {
  const isDraining = yield* Ref.make(false)
  const drained = Effect.andThen(drain, Ref.set(isDraining, true))
  yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (index) => supervise(index, Effect.ensuring(work(index, drained), ended(index)), Ref.get(isDraining)),
    { concurrency: "unbounded", discard: true }
  )
})

/** One worker after the other, until one has drained. */
const supervise = <E extends WorkerError.WorkerError, R>(
  index: number,
  work: Effect.Effect<void, E, R>,
  isDraining: Effect.Effect<boolean>
) =>
  work.pipe(
    Effect.tapError((error) =>
      Effect.flatMap(isDraining, (isDraining) =>
        isDraining
          ? Effect.logWarning(
              `Worker ${index + 1} ended before it had drained; its messages come back. ${detailOf(error)}`
            )
          : Effect.logError(`Worker ${index + 1} died and is started again; its messages come back. ${detailOf(error)}`)
      )
    ),
    Effect.retry({ schedule: retry.workerStart, until: () => isDraining }),
    Effect.ignore
  )

/** One worker, until it has drained. */
const work = Effect.fnUntraced(function* (index: number, drain: Effect.Effect<void>) {
  const platform = yield* Worker.WorkerPlatform
  const worker = yield* platform.spawn<FromWorker, ToWorker>(index)
  const drained = yield* Deferred.make<void>()
  /** What the worker's gauges are worth to those of the process. */
  const gauges = new Map<string, Counted>()

  const hear = (message: FromWorker) => {
    switch (message._tag) {
      case "Asks":
        return Effect.flatMap(answer(message.question), (answer) =>
          worker.send({ _tag: "Answers", id: message.id, answer })
        )
      case "Counted":
        note(gauges, message.counted)
        return relay.add(message.counted)
      case "Drained":
        return Deferred.succeed(drained, undefined)
    }
  }

  yield* worker.run(hear).pipe(
    Effect.raceFirst(Effect.andThen(drain, Effect.andThen(worker.send({ _tag: "Drain" }), Deferred.await(drained)))),
    // What a worker had in flight when it died is in flight no more.
    Effect.ensuring(Effect.suspend(() => relay.subtract([...gauges.values()])))
  )
})

/** Sums up the gauges of a worker. */
const note = (gauges: Map<string, Counted>, counted: ReadonlyArray<Counted>) => {
  for (const one of counted) {
    if (one.type !== "Gauge") continue
    const key = JSON.stringify([one.name, one.attributes])
    gauges.set(key, { ...one, delta: one.delta + (gauges.get(key)?.delta ?? 0) })
  }
}

/** What the thread died of, if it said. */
const detailOf = ({ reason }: WorkerError.WorkerError): string => {
  const cause = Option.fromNullishOr("cause" in reason ? reason.cause : undefined)
  return Option.match(cause, {
    onNone: () => `${reason.message}.`,
    onSome: (cause) => `It died of ${cause instanceof Error ? cause.message : String(cause)}.`
  })
}
