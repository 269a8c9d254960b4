/**
 * One host: its lanes, and how it has behaved.
 */
import { Clock, Duration, Effect, Schedule, type Scope } from "effect"
import * as retry from "../../retry.ts"
import type { Delivery } from "./Delivery.ts"
import type { Dialer } from "./dial.ts"
import * as Lane from "./Lane.ts"
import { type HostAddress, type LogstashOptions, showAddress } from "./LogstashOptions.ts"
import * as WindowSize from "./WindowSize.ts"

/** A host that events may go to. */
export interface Host {
  /** `collector:5044` */
  readonly name: string
  readonly lanes: ReadonlyArray<Lane.Lane>
  /** Not to be tried before, in milliseconds of the clock. */
  readonly notBefore: () => number
  /** Whether it has failed and acknowledged nothing since: it is tried with one batch before it gets more. */
  readonly isOnProbation: () => boolean
  /** Sends what is left of the batch over the lane with the least to do. */
  readonly deliver: (delivery: Delivery) => Effect.Effect<void, Lane.DeliveryFailure>
}

/** What a host is made for. */
export interface HostContext {
  readonly options: LogstashOptions
  readonly dialer: Dialer
  /** Called after a failure was noted. */
  readonly onFailure: (host: Host) => Effect.Effect<void>
}

/** Whether it may be that the host is well and only a connection to it, which had served, has ended. */
export const isConnectionAlone = (failure: Lane.DeliveryFailure): boolean =>
  failure._tag === "ConnectionLost" && failure.hasProven

/**
 * A host of which nothing is known yet. Nothing is connected before there is something to send.
 *
 * **Guarantee** After a failure it is not tried again before a pause of `backoff`; one whose connection had served and has
 * ended may be tried again at once.
 */
export const make = Effect.fnUntraced(function* (
  address: HostAddress,
  { dialer, onFailure, options }: HostContext
): Effect.fn.Return<Host, never, Scope.Scope> {
  const name = showAddress(address)
  const isOneOfMany = options.hosts.length > 1
  const size = options.slowStart ? WindowSize.growing(options.bulkMaxSize) : WindowSize.fixed(options.bulkMaxSize)
  const firstPause = Effect.orDie(Schedule.toStep(retry.reconnect(options.backoff)))
  let nextPause: Effect.Success<typeof firstPause> | undefined
  let notBefore = 0
  let isToldDown = false

  const failed = Effect.fnUntraced(function* (failure: Lane.DeliveryFailure) {
    const now = yield* Clock.currentTimeMillis
    size.onLost()
    if (isConnectionAlone(failure)) {
      nextPause = undefined
    } else {
      nextPause ??= yield* firstPause
      const [, pause] = yield* Effect.orDie(nextPause(now, undefined))
      notBefore = now + Duration.toMillis(pause)
    }
    if (isOneOfMany && !isToldDown) {
      isToldDown = true
      yield* Effect.logWarning(`Collector ${name} is unavailable: ${failure.detail}. The others are sent to meanwhile.`)
    }
    yield* onFailure(host)
  })

  const served = Effect.suspend(() => {
    nextPause = undefined
    notBefore = 0
    if (!isToldDown) return Effect.void
    isToldDown = false
    return Effect.logInfo(`Collector ${name} takes events again.`)
  })

  const lanes = yield* Effect.replicateEffect(
    Lane.make({
      ...dialer,
      address,
      size,
      compressionLevel: options.compressionLevel,
      pipelining: options.pipelining,
      onFailure: failed
    }),
    options.worker
  )

  const deliver = (delivery: Delivery) =>
    Effect.suspend(() => {
      const lane = lanes.reduce((least, lane) => (lane.load() < least.load() ? lane : least))
      return Effect.tap(lane.deliver(delivery), served)
    })

  const host: Host = {
    name,
    lanes,
    notBefore: () => notBefore,
    isOnProbation: () => nextPause !== undefined,
    deliver
  }
  return host
})
