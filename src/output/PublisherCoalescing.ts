/**
 * The Publisher by group commit: what comes while a batch is in flight goes together in the next one.
 */
import { Clock, Duration, Effect, Exit, Latch, Layer, Semaphore } from "effect"
import * as retry from "../retry.ts"
import * as CallerQueue from "./CallerQueue.ts"
import { EventsRejected, Output, type OutputError } from "./Output.ts"
import { Publisher } from "./Publisher.ts"

/** What a batch may hold, and how long a small one may wait to grow. */
export interface CoalescingOptions extends CallerQueue.BatchLimits {
  /** See `layer`: it is never waited while nothing is in flight. */
  readonly maxWait: Duration.Duration
}

/**
 * A Publisher over the Output.
 *
 * **Shape** While nothing is in flight, what waits is sent at once: to wait would cost time and save nothing. While a batch
 * is in flight, a free worker waits for a full one, or `maxWait`, or until nothing is in flight any more (Nagle's rule). So
 * an output that takes one batch at a time never makes anyone wait but for itself, and the slower it is, the larger its
 * batches grow. A batch over the limits is sent whole, by itself. Callers are served in order.
 *
 * **Guarantee** Callers who are interrupted are not sent any more, be it the first time or again. Closing the Layer
 * interrupts all who wait. Nothing is copied: what is in memory is what its callers hold.
 */
export const layer = (options: CoalescingOptions): Layer.Layer<Publisher, never, Output> =>
  Layer.effect(Publisher, make(options))

const make = Effect.fnUntraced(function* (options: CoalescingOptions) {
  const output = yield* Output
  const outage = makeOutage(output.name)
  const queue = CallerQueue.make(options)
  const someoneWaits = Latch.makeUnsafe(false)
  const nothingToWaitFor = Latch.makeUnsafe(true)
  let inFlight = 0

  const updateLatches = () => {
    setLatch(someoneWaits, !queue.isEmpty())
    setLatch(nothingToWaitFor, inFlight === 0 || queue.isFull())
  }

  // One worker looks out for it, and the others for their turn: each time that nothing is in flight any more, all of them would wake up.
  const nextBatch = Semaphore.makeUnsafe(1).withPermit(
    Effect.gen(function* () {
      yield* someoneWaits.await
      if (!nothingToWaitFor.isOpen()) yield* Effect.timeoutOption(nothingToWaitFor.await, options.maxWait)
      // All who come in the same breath go along.
      yield* Effect.yieldNow
    })
  )

  /** One round trip. After a failure, only those who still wait are sent again. */
  const attempt = (callers: ReadonlyArray<CallerQueue.Caller>) =>
    Effect.suspend(() => {
      const waiting = callers.filter(({ isWaiting }) => isWaiting)
      if (waiting.length === 0) return Effect.void
      return output.publish(waiting.map(({ batch }) => batch)).pipe(
        Effect.withSpan("Output.publish", { attributes: { output: output.name } }),
        Effect.as<EventsRejected["events"]>([]),
        Effect.catchReason("OutputError", "EventsRejected", ({ events }) => Effect.succeed(events)),
        Effect.tap(outage.end),
        Effect.map((rejected) => settle(waiting, rejected))
      )
    })

  const work = Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      yield* restore(nextBatch)
      const callers = queue.take()
      inFlight++
      updateLatches()
      const exit = yield* attempt(callers).pipe(
        Effect.tapError(outage.begin),
        retry.whenFailed({ schedule: retry.outputPublish }),
        // The schedule has no end.
        Effect.orDie,
        restore,
        Effect.exit
      )
      inFlight--
      updateLatches()
      if (Exit.isFailure(exit)) for (const { settle } of callers) settle(Effect.failCause(exit.cause))
    })
  )

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      while (!queue.isEmpty()) for (const { settle } of queue.take()) settle(Effect.interrupt)
    })
  )
  yield* Effect.replicateEffect(Effect.forkScoped(Effect.forever(work)), output.concurrency, { discard: true })

  return Publisher.of({
    publish: (batch) =>
      batch.count === 0
        ? Effect.void
        : Effect.callback((settle) => {
            const caller: CallerQueue.Caller = { batch, settle, isWaiting: true }
            queue.add(caller)
            updateLatches()
            return Effect.sync(() => {
              caller.isWaiting = false
              queue.remove(caller)
              updateLatches()
            })
          })
  })
})

const setLatch = (latch: Latch.Latch, isOpen: boolean) => (isOpen ? latch.openUnsafe() : latch.closeUnsafe())

/** Tells each caller what became of its own events. */
const settle = (callers: ReadonlyArray<CallerQueue.Caller>, rejected: EventsRejected["events"]) => {
  let start = 0
  for (const { batch, settle } of callers) {
    const first = start
    const end = (start += batch.count)
    const own = rejected.filter(({ index }) => index >= first && index < end)
    settle(
      own.length === 0
        ? Effect.void
        : Effect.fail(
            new EventsRejected({ events: own.map(({ detail, index }) => ({ index: index - first, detail })) })
          )
    )
  }
}

/** Says once that the output is down, and once that it is back. */
const makeOutage = (name: string) => {
  let since: number | undefined

  const begin = Effect.fnUntraced(function* ({ reason }: OutputError) {
    if (since !== undefined) return
    since = yield* Clock.currentTimeMillis
    yield* Effect.logWarning(`Output ${name} is unavailable: ${reason.detail}. Events wait until it is back.`)
  })

  const end = Effect.suspend(() => {
    if (since === undefined) return Effect.void
    const began = since
    since = undefined
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.logInfo(`Output ${name} takes events again after ${Duration.format(Duration.millis(now - began))}.`)
    )
  })

  return { begin, end }
}
