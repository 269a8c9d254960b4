/**
 * Can the output take events?
 */
import { Duration, Effect } from "effect"
import type { OutputError } from "../output/Output.ts"
import type { Answer, Check } from "./Check.ts"
import { failed, ok } from "./Finding.ts"

/** How long a test event may take to be acknowledged. */
const ACK_LIMIT = Duration.seconds(30)

/**
 * One place to which events or dead letters would go, and how it is with it: a host, a directory.
 *
 * **Shape** `detail` says in one line what is so, or the cause. `advice` is there when events cannot be sent there, and says what to do.
 */
export interface OutputTarget {
  readonly target: string
  readonly detail: string
  readonly advice?: string
}

/** The output as the checks need it. */
export interface CheckedOutput {
  readonly name: string
  /** Looks at every place, and sends no event. */
  readonly probe: Effect.Effect<ReadonlyArray<OutputTarget>>
  /** Publishes one event through the output itself; absent when nobody asked for it. */
  readonly send?: Effect.Effect<void, OutputError>
}

/** A check of the places that are looked at. */
export const targetsCheck = (name: string, probe: CheckedOutput["probe"]): Check => ({
  name,
  needs: [],
  run: Effect.map(probe, (targets): Answer => ({
    verdicts: targets.map(({ advice, detail, target }) =>
      advice === undefined ? ok(`${target}: ${detail}`) : failed(`${target}: ${detail}`, advice)
    )
  }))
})

/** A check of where the output sends, and one of sending, where that is wanted. */
export const outputChecks = ({ name, probe, send }: CheckedOutput): ReadonlyArray<Check> => {
  const check = `output.${name}`
  const look = targetsCheck(check, probe)
  return send === undefined ? [look] : [look, { name: `a test event to ${check}`, needs: [check], run: sent(send) }]
}

const sent = (send: Effect.Effect<void, OutputError>): Effect.Effect<Answer> =>
  send.pipe(
    Effect.timeoutOption(ACK_LIMIT),
    Effect.match({
      onFailure: ({ reason }) => failed(reason.detail, "Nothing is shipped until the output takes events."),
      onSuccess: (acked) =>
        acked._tag === "Some"
          ? ok("is acknowledged")
          : failed(
              `is not acknowledged within ${Duration.format(ACK_LIMIT)}`,
              "The output takes connections, and no events: look at the log of the collector."
            )
    }),
    Effect.map((verdict) => ({ verdicts: [verdict] }))
  )
