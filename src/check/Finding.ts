/**
 * What a check found, as plain data: to be shown line by line, or as JSON.
 */
import type { Statement } from "../policy/PolicyDocument.ts"
import type { BucketNotification } from "../policy/Policies.ts"

/** What has to be changed. */
export type Place =
  | "identity policy"
  | "role permissions"
  | "trust policy"
  | "queue policy"
  | "key policy"
  | "bucket notification"

/** One statement to add. **Shape** `of` is the ARN or name of whose policy it is; what nobody knows is a placeholder. */
export interface Addition {
  readonly to: Place
  readonly of: string
  readonly account: string
  readonly statement: Statement | BucketNotification
}

/** What to do: in a sentence and, where that will do, by the statements to add. */
export interface Remedy {
  readonly advice: string
  readonly add: ReadonlyArray<Addition>
}

/**
 * How it is with one thing that was looked at.
 *
 * **Shape** `ok`: it is as it has to be. `warning`: s3beat works, and something will go wrong some day. `failed`: s3beat does not work.
 * `skipped`: nobody knows, and `detail` says why.
 */
export interface Verdict {
  readonly status: "ok" | "warning" | "failed" | "skipped"
  /** One line: what is so, or the cause. */
  readonly detail: string
  readonly remedy?: Remedy
}

/** A verdict, and on what. */
export interface Finding extends Verdict {
  /** `queue cloudtrail-events`, `bucket prod-logs` */
  readonly check: string
}

/** It is as it has to be. */
export const ok = (detail: string): Verdict => ({ status: "ok", detail })

/** Nobody knows, because. */
export const skipped = (detail: string): Verdict => ({ status: "skipped", detail })

/** It works, and will not always. */
export const warning = (detail: string, advice: string, add: ReadonlyArray<Addition> = []): Verdict => ({
  status: "warning",
  detail,
  remedy: { advice, add }
})

/** It does not work. */
export const failed = (detail: string, advice: string, add: ReadonlyArray<Addition> = []): Verdict => ({
  status: "failed",
  detail,
  remedy: { advice, add }
})

/** The verdict on this. */
export const about = (check: string, verdict: Verdict): Finding => ({ check, ...verdict })
