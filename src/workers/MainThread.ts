/**
 * The main thread, as a worker sees it.
 */
import { Context, Deferred, Effect, Layer } from "effect"
import { WorkerRunner } from "effect/workers"
import type { Answer, Counted, FromWorker, Question, ToWorker } from "./protocol.ts"

/** Whom a worker asks, and tells how it goes. */
export class MainThread extends Context.Service<
  MainThread,
  {
    /**
     * Asks, and waits for the answer. What is in `transfers` is gone from here.
     *
     * **Not promised** That interruption stops the main thread from doing what was asked.
     */
    readonly ask: (question: Question, transfers?: ReadonlyArray<ArrayBufferLike>) => Effect.Effect<Answer>
    readonly tellCounted: (counted: ReadonlyArray<Counted>) => Effect.Effect<void>
    readonly tellDrained: Effect.Effect<void>
    /** Completes when it is time to drain. */
    readonly drain: Effect.Effect<void>
    /** Completes when the main thread has closed the connection: this thread is to end. */
    readonly closed: Effect.Effect<void>
  }
>()("s3beat/workers/MainThread") {}

/** The main thread has one port to each of its workers. */
const PORT = 0

const make = Effect.gen(function* () {
  const platform = yield* WorkerRunner.WorkerRunnerPlatform
  const runner = yield* platform.start<FromWorker, ToWorker>()
  const asked = new Map<number, (answer: Answer) => void>()
  const drain = Deferred.makeUnsafe<void>()
  const closed = Deferred.makeUnsafe<void>()
  let lastId = 0

  const hear = (_port: number, message: ToWorker) => {
    if (message._tag === "Drain") return Deferred.succeed(drain, undefined)
    asked.get(message.id)?.(message.answer)
    asked.delete(message.id)
  }

  yield* runner.run(hear).pipe(Effect.ignore, Effect.ensuring(Deferred.succeed(closed, undefined)), Effect.forkScoped)

  return MainThread.of({
    ask: (question, transfers) =>
      Effect.callback((resume) => {
        const id = ++lastId
        asked.set(id, (answer) => resume(Effect.succeed(answer)))
        runner.sendUnsafe(PORT, { _tag: "Asks", id, question }, transfers)
        return Effect.sync(() => asked.delete(id))
      }),
    tellCounted: (counted) => runner.send(PORT, { _tag: "Counted", counted }),
    tellDrained: runner.send(PORT, { _tag: "Drained" }),
    drain: Deferred.await(drain),
    closed: Deferred.await(closed)
  })
})

/** The main thread over the port that every worker has. */
export const layer = Layer.effect(MainThread, make)
