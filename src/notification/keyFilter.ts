/**
 * Which keys are worth reading: `traits.inclusion` and `traits.exclusion`.
 */
import type { Pattern } from "../domain/Pattern.ts"

/** What is looked for in the whole key, unanchored. */
export interface KeyFilterOptions {
  readonly inclusion?: Pattern | undefined
  readonly exclusion?: Pattern | undefined
}

/**
 * A key is read when it matches `inclusion`, where there is one, and does not match `exclusion`, which wins.
 */
export const makeKeyFilter =
  ({ exclusion, inclusion }: KeyFilterOptions) =>
  (key: string): boolean =>
    (inclusion === undefined || inclusion.test(key)) && (exclusion === undefined || !exclusion.test(key))
