/**
 * What goes wrong with AWS at the moment: storms of random faults, and outages of a whole service.
 */
import type { Operation } from "../../src/demo/Exchange.ts"
import type { Pseudorandom } from "../../src/demo/Pseudorandom.ts"
import { Effect } from "effect"
import * as Fault from "../faults/Fault.ts"
import type { FaultProxy } from "../faults/FaultProxy.ts"
import { menu } from "../faults/menu.ts"

/** The weather over the proxy. */
export interface Weather {
  /** From now on these rules hold, until the next storm. */
  readonly storm: (rules: ReadonlyArray<Fault.Rule>) => Effect.Effect<void>
  /** Nothing of the service works, in this way; without a fault it works again. */
  readonly outage: (service: Operation["service"], fault?: Fault.Fault) => Effect.Effect<void>
  /** Nothing goes wrong any more. */
  readonly clear: Effect.Effect<void>
}

/** Fair weather. */
export const make = (proxy: FaultProxy["Service"]): Weather => {
  const outages = new Map<Operation["service"], Fault.Rule>()
  let storm: ReadonlyArray<Fault.Rule> = []
  const apply = Effect.suspend(() => proxy.setRules([...outages.values(), ...storm]))
  return {
    storm: (rules) => {
      storm = rules
      return apply
    },
    outage: (service, fault) => {
      if (fault === undefined) outages.delete(service)
      else outages.set(service, Fault.outage(service, fault))
      return apply
    },
    clear: Effect.suspend(() => {
      storm = []
      outages.clear()
      return apply
    })
  }
}

/** A stall that outlasts a lease. */
const LONG_STALL = Fault.stall(100, 33_000)

/** The rules of a storm: some faults of each service, each now and then. */
export const randomStorm = (random: Pseudorandom): ReadonlyArray<Fault.Rule> => [
  ...Array.from({ length: 4 + random.int(8) }, (): Fault.Rule => {
    const service = random.pick(["s3", "s3", "sqs", "sqs", "sts"] as const)
    return { on: { service }, fault: random.pick(menu[service]), chance: random.pick([0.05, 0.2, 0.5]) }
  }),
  ...(random.int(5) === 0 ? [{ on: { service: "s3" as const }, fault: LONG_STALL, chance: 0.1, times: 1 }] : [])
]
