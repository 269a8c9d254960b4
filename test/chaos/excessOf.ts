/**
 * Whether there are more duplicates than the faults account for.
 */
import { parseNotification } from "../../src/notification/parseNotification.ts"
import type { Ledger } from "../faults/Ledger.ts"
import type { Receipt } from "../faults/QueueWatch.ts"
import type { Unit } from "./ordeals.ts"

/**
 * The objects whose events arrived more often than their messages were handed over, and beside that than their senders could not know of: what
 * was in flight to a collector when its connection ended is sent again, as it must be.
 */
export const excessOf = (
  receipts: ReadonlyArray<Receipt>,
  ledger: Ledger,
  units: ReadonlyArray<Unit>
): ReadonlyArray<string> => {
  const handed = new Map<string, { readonly bucket: string; readonly key: string; times: number }>()
  for (const { body } of receipts) {
    const parsed = parseNotification(body)
    for (const { bucket, key } of parsed._tag === "Success" ? parsed.success.objects : []) {
      const name = JSON.stringify([bucket, key])
      const entry = handed.get(name) ?? { bucket, key, times: 0 }
      entry.times++
      handed.set(name, entry)
    }
  }
  return [...handed.values()].flatMap(({ bucket, key, times }) => {
    const repetitions = units.reduce((sum, { output }) => sum + output.repetitions(bucket, key), 0)
    return ledger.mostArrivals(bucket, key) > times + repetitions ? `${bucket}/${key}` : []
  })
}
