/**
 * The latest so many values by name: the one that was remembered longest ago is forgotten first.
 */
export interface Remembered<A> {
  readonly of: (name: string) => A | undefined
  readonly remember: (name: string, value: A) => A
  /** All that are remembered. */
  readonly values: () => Iterable<A>
}

/** Nothing yet, and at most `limit` values; `onForgotten` is told of each that had to go. */
export const make = <A>(limit: number, onForgotten: (value: A) => void = () => {}): Remembered<A> => {
  const values = new Map<string, A>()
  let newest: string | undefined
  return {
    of: (name) => values.get(name),
    remember: (name, value) => {
      // As a rule the one that was remembered last, which is in its place already.
      if (name !== newest) values.delete(name)
      newest = name
      values.set(name, value)
      const [oldest] = values
      if (values.size > limit && oldest !== undefined) {
        values.delete(oldest[0])
        onForgotten(oldest[1])
      }
      return value
    },
    values: () => values.values()
  }
}
