/**
 * A check, and how a list of them is run.
 */
import { Effect } from "effect"
import { about, type Finding, skipped, type Verdict } from "./Finding.ts"

/** What a check comes to. **Shape** `more` are checks that only now are known to be of use; they come next. */
export interface Answer {
  readonly verdicts: ReadonlyArray<Verdict>
  readonly more?: ReadonlyArray<Check>
}

/**
 * One thing to look at.
 *
 * **Shape** `name` is unique: of two checks with the same name the first is run. It is run only if none of `needs`, and not every one
 * of `needsOneOf`, has failed; names that no check has are met.
 */
export interface Check {
  readonly name: string
  readonly needs: ReadonlyArray<string>
  readonly needsOneOf?: ReadonlyArray<string>
  readonly run: Effect.Effect<Answer>
}

/**
 * Runs the checks one after the other, and tells each finding as soon as it is there.
 *
 * **Guarantee** Nothing is left out silently: a check that cannot be run is found to be skipped, and which failure is the cause.
 */
export const runAll = Effect.fnUntraced(function* (
  checks: ReadonlyArray<Check>,
  onFinding: (finding: Finding) => Effect.Effect<void>
): Effect.fn.Return<ReadonlyArray<Finding>> {
  const findings: Array<Finding> = []
  const done = new Set<string>()
  /** The checks that failed or were not run, each with the failure that is behind it. */
  const causes = new Map<string, string>()
  const pending = [...checks]

  for (let check = pending.shift(); check !== undefined; check = pending.shift()) {
    const { name } = check
    if (done.has(name)) continue
    done.add(name)
    const cause = causeOf(check, causes)
    const { more = [], verdicts } =
      cause === undefined ? yield* check.run : { verdicts: [skipped(`not checked because ${cause} failed`)] }
    if (cause !== undefined) causes.set(name, cause)
    else if (verdicts.some(({ status }) => status === "failed")) causes.set(name, name)
    for (const verdict of verdicts) {
      const finding = about(name, verdict)
      findings.push(finding)
      yield* onFinding(finding)
    }
    pending.unshift(...more)
  }
  return findings
})

const causeOf = ({ needs, needsOneOf = [] }: Check, causes: ReadonlyMap<string, string>): string | undefined => {
  const missing = needs.find((name) => causes.has(name))
  if (missing !== undefined) return causes.get(missing)
  const [first] = needsOneOf
  return first !== undefined && needsOneOf.every((name) => causes.has(name)) ? causes.get(first) : undefined
}
