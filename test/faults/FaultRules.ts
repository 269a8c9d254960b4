/**
 * Which fault comes next, if any.
 */
import type { Pseudorandom } from "../../src/demo/Pseudorandom.ts"
import type { Act, Rule } from "./Fault.ts"
import type { ProxiedRequest } from "./ProxiedRequest.ts"

/** The rules in force, and what came of all that ever were. */
export interface FaultRules {
  readonly set: (rules: ReadonlyArray<Rule>) => void
  /** What is to go wrong with this request: the first rule that means it, and whose chance comes up, decides. */
  readonly next: (request: ProxiedRequest) => Act | undefined
  readonly counts: () => ReadonlyMap<string, number>
}

/** Chances come up as `random` says. */
export const make = (random: Pseudorandom): FaultRules => {
  const counts = new Map<string, number>()
  let left: Array<{ readonly rule: Rule; times: number }> = []

  const comesUp = (chance: number) => chance >= 1 || random.int(1_000_000) < chance * 1_000_000

  return {
    set: (rules) => void (left = rules.map((rule) => ({ rule, times: rule.times ?? Infinity }))),
    next: (request) => {
      const found = left.find(({ rule, times }) => times > 0 && means(rule, request) && comesUp(rule.chance ?? 1))
      if (found === undefined) return undefined
      found.times--
      const { act, name } = found.rule.fault
      counts.set(name, (counts.get(name) ?? 0) + 1)
      return act
    },
    counts: () => new Map(counts)
  }
}

/** Some faults can only happen to some calls. */
const possible: { readonly [Tag in Act["_tag"]]?: (request: ProxiedRequest) => boolean } = {
  DeliverTwice: ({ call }) => call === "ReceiveMessage",
  ForgetReceipts: ({ call }) => call === "ChangeMessageVisibilityBatch" || call === "DeleteMessageBatch"
}

const means = ({ fault, on }: Rule, request: ProxiedRequest): boolean =>
  (on.service === undefined || on.service === request.service) &&
  (on.action === undefined || on.action === request.action) &&
  (on.resource === undefined || on.resource === request.resource) &&
  (possible[fault.act._tag]?.(request) ?? true)
