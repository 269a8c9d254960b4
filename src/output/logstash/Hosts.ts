/**
 * All hosts, and which of them is next.
 */
import { Clock, Duration, Effect, Random, type Scope } from "effect"
import type { Dialer } from "./dial.ts"
import * as Host from "./Host.ts"
import type * as Lane from "./Lane.ts"
import type { LogstashOptions } from "./LogstashOptions.ts"

/** The hosts that a batch has failed on. */
export interface Avoided {
  readonly has: (host: Host.Host) => boolean
}

/** The hosts. */
export interface Hosts {
  readonly count: number
  /**
   * The host to try next, when it may be tried: one that has a pause to make only when all have, one of `avoided` only when there
   * is no other.
   *
   * **Shape** With `loadbalance` the one with the least to do. Without, always the same one, until it fails or its connections
   * have come to their `ttl`; the first is taken at random, so that many beats with one config do not all take the same.
   */
  readonly next: (avoided: Avoided) => Effect.Effect<Host.Host>
}

/** The hosts of the options. */
export const make = Effect.fnUntraced(function* (
  options: LogstashOptions,
  dialer: Dialer
): Effect.fn.Return<Hosts, never, Scope.Scope> {
  const { loadbalance } = options
  const ttl = Duration.toMillis(options.ttl)
  let current = yield* Random.nextIntBetween(0, options.hosts.length, { halfOpen: true })

  /** One host at a time: what is still connected to the last one ends when it has nothing to do. */
  const turnFrom = (host: Host.Host) =>
    Effect.suspend(() => {
      if (loadbalance || hosts[current] !== host) return Effect.void
      current = (current + 1) % hosts.length
      return retire(host.lanes)
    })

  const hosts: ReadonlyArray<Host.Host> = yield* Effect.forEach(options.hosts, (address) =>
    Host.make(address, { options, dialer, onFailure: turnFrom })
  )

  const replaceExpired = (now: number) =>
    Effect.forEach(
      hosts,
      (host) => {
        const expired = host.lanes.filter((lane) => now - (lane.openedAt() ?? now) >= ttl)
        if (expired.length === 0) return Effect.void
        return loadbalance ? retire(expired) : turnFrom(host)
      },
      { discard: true }
    )

  const ranked = (avoided: Avoided, now: number) => {
    const rank = (host: Host.Host, index: number) => {
      const load = host.lanes.reduce((sum, lane) => sum + lane.load(), 0)
      const isTaken = loadbalance && load > 0 && host.isOnProbation()
      const place = (index - current + hosts.length) % hosts.length
      const pause = Math.max(0, host.notBefore() - now)
      return [pause, Number(avoided.has(host)), Number(isTaken), loadbalance ? load : place, place]
    }
    return hosts.map((host, index) => ({ host, rank: rank(host, index) })).toSorted((a, b) => compare(a.rank, b.rank))
  }

  const next = Effect.fnUntraced(function* (avoided: Avoided) {
    const now = yield* Clock.currentTimeMillis
    if (ttl > 0) yield* replaceExpired(now)
    const first = ranked(avoided, now)[0]?.host
    if (first === undefined) return yield* Effect.die(new Error("There must be a host."))
    // It stays with the one that it has come to, even when one that stands before it may be tried again.
    if (!loadbalance) current = hosts.indexOf(first)
    const pause = first.notBefore() - now
    if (pause > 0) yield* Effect.sleep(pause)
    return first
  })

  return { count: hosts.length, next }
})

const retire = (lanes: ReadonlyArray<Lane.Lane>) => Effect.forEach(lanes, (lane) => lane.retire, { discard: true })

/** By the first number in which they differ. */
const compare = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): number =>
  one.map((value, i) => value - (other[i] ?? 0)).find((difference) => difference !== 0) ?? 0
