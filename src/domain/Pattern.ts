/**
 * What is looked for in a text.
 *
 * **Shape** Any `RegExp` without the flags `g` and `y`, which would remember where they were, is one.
 *
 * **Not promised** By a `RegExp`: an answer within any time. Those of a config are `LinearRegExp`s.
 */
export interface Pattern {
  readonly test: (text: string) => boolean
}
