/**
 * Which keys are worth reading: `traits.inclusion` and `traits.exclusion`.
 */

/** Regular expressions on the whole key, unanchored. */
export interface KeyFilterOptions {
  readonly inclusion?: RegExp | undefined
  readonly exclusion?: RegExp | undefined
}

/**
 * A key is read when it matches `inclusion`, where there is one, and does not match `exclusion`, which wins.
 */
export const makeKeyFilter =
  ({ exclusion, inclusion }: KeyFilterOptions) =>
  (key: string): boolean =>
    (inclusion === undefined || inclusion.test(key)) && (exclusion === undefined || !exclusion.test(key))
