/**
 * A place for one connection to a host, which is opened when it is needed and replaced when it has ended.
 */
import { Effect, Exit, Latch, Scope, Semaphore } from "effect"
import type { ConnectFailure } from "./ConnectFailure.ts"
import * as Connection from "./Connection.ts"
import { deliver, type Delivery, type WindowOptions } from "./Delivery.ts"
import type { HostAddress } from "./LogstashOptions.ts"

/** Why a delivery came to no end. */
export type DeliveryFailure = ConnectFailure | Connection.ConnectionLost

/** A lane. */
export interface Lane {
  /** How many deliveries are under way. */
  readonly load: () => number
  /** When its connection was opened, in milliseconds of the clock; undefined without one. */
  readonly openedAt: () => number | undefined
  /** Sends what is left of the batch over its connection. */
  readonly deliver: (delivery: Delivery) => Effect.Effect<void, DeliveryFailure>
  /** Lets go of the connection: who is on it goes on to the end, the next delivery opens another. */
  readonly retire: Effect.Effect<void>
}

/** What a lane is made for. */
export interface LaneOptions extends Connection.ConnectionOptions, WindowOptions {
  readonly address: HostAddress
  /** A connection could not be opened, or has ended with deliveries on it; called once for each. */
  readonly onFailure: (failure: DeliveryFailure) => Effect.Effect<void>
}

/** A connection, its scope, and who is on it. */
interface Held {
  readonly connection: Connection.Connection
  readonly scope: Scope.Closeable
  readonly isUnused: Latch.Latch
  users: number
  isLost: boolean
}

/** A lane without a connection. Closing the scope closes what it has. */
export const make = Effect.fnUntraced(function* (options: LaneOptions): Effect.fn.Return<Lane, never, Scope.Scope> {
  const laneScope = yield* Effect.scope
  const oneAtATime = yield* Semaphore.make(1)
  let held: Held | undefined
  let load = 0
  let failures = 0
  let lastFailure: ConnectFailure | undefined

  const close = ({ connection, isUnused, scope }: Held) =>
    isUnused.await.pipe(Effect.andThen(connection.drained), Effect.andThen(Scope.close(scope, Exit.void)))

  const retire = Effect.suspend(() => {
    const old = held
    held = undefined
    return old === undefined ? Effect.void : Effect.asVoid(Effect.forkIn(close(old), laneScope))
  })

  const connect = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* (): Effect.gen.Return<Held, ConnectFailure> {
      const scope = yield* Scope.fork(laneScope)
      const exit = yield* Effect.exit(
        restore(Connection.open(options.address, options)).pipe(Effect.provideService(Scope.Scope, scope))
      )
      if (Exit.isFailure(exit)) {
        yield* Scope.close(scope, exit)
        return yield* Effect.failCause(exit.cause)
      }
      const fresh: Held = { connection: exit.value, scope, isUnused: Latch.makeUnsafe(true), users: 0, isLost: false }
      held = fresh
      return fresh
    })
  )

  /** The connection, if there is one that is open, or a new one. Those who come while it is opened share what becomes of it. */
  const connected = Effect.suspend(() => {
    const seen = failures
    return oneAtATime.withPermit(
      Effect.gen(function* () {
        if (held?.connection.isOpen() === true) return held
        if (failures !== seen && lastFailure !== undefined) return yield* lastFailure
        yield* retire
        return yield* Effect.tapError(connect, (error) => {
          failures += 1
          lastFailure = error
          return options.onFailure(error)
        })
      })
    )
  })

  const lost = (on: Held, error: Connection.ConnectionLost) =>
    Effect.suspend(() => {
      // All who were on it are told; only the first one counts.
      if (on.isLost) return Effect.void
      on.isLost = true
      if (held === on) held = undefined
      return Effect.andThen(Scope.close(on.scope, Exit.void), options.onFailure(error))
    })

  const deliverOn = (on: Held, delivery: Delivery) => {
    on.users += 1
    on.isUnused.closeUnsafe()
    return deliver(delivery, on.connection, options).pipe(
      Effect.tapError((error) => lost(on, error)),
      Effect.onExit(() =>
        Effect.sync(() => {
          on.users -= 1
          if (on.users === 0) on.isUnused.openUnsafe()
        })
      )
    )
  }

  return {
    load: () => load,
    openedAt: () => (held?.connection.isOpen() === true ? held.connection.openedAt : undefined),
    retire,
    deliver: (delivery) =>
      Effect.suspend(() => {
        load += 1
        return Effect.flatMap(connected, (on) => deliverOn(on, delivery)).pipe(
          Effect.onExit(() => Effect.sync(() => void (load -= 1)))
        )
      })
  }
})
