/**
 * The latest so many values by name: the one that was remembered longest ago is forgotten first.
 */
export interface Remembered<A> {
  readonly of: (name: string) => A | undefined
  readonly remember: (name: string, value: A) => A
}

/** Nothing yet, and at most `limit` values. */
export const make = <A>(limit: number): Remembered<A> => {
  const values = new Map<string, A>()
  return {
    of: (name) => values.get(name),
    remember: (name, value) => {
      values.delete(name)
      values.set(name, value)
      const [oldest] = values.keys()
      if (values.size > limit && oldest !== undefined) values.delete(oldest)
      return value
    }
  }
}
