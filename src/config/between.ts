/**
 * Bounds of a value, from which the check, its message and the key table all derive.
 */
import type { Order } from "effect"
import { Schema } from "effect"

/** What a bounded value may be, both ends included. */
export interface Bounds<T> {
  readonly minimum: T
  readonly maximum: T
}

/**
 * A check that says which bound was missed: `14m is below the minimum of 15m`.
 *
 * **Shape** Annotated with `bounds` (`15m to 12h`) for the key table.
 */
export const between = <T>({ maximum, minimum }: Bounds<T>, order: Order.Order<T>, show: (value: T) => string) =>
  Schema.makeFilter<T>(
    (value) => {
      if (order(value, minimum) < 0) return `${show(value)} is below the minimum of ${show(minimum)}`
      return order(value, maximum) > 0 ? `${show(value)} is above the maximum of ${show(maximum)}` : undefined
    },
    { bounds: `${show(minimum)} to ${show(maximum)}` }
  )
