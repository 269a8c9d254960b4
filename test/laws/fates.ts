/**
 * What became of a message, as it was asked of SQS.
 */
import { Duration } from "effect"
import type { Receipt } from "../faults/QueueWatch.ts"
import * as World from "../support/lawWorld.ts"

/** Whether the receipt is of the message with this mark in its body. */
export const isOf = (mark: string, { body }: Receipt) => body === mark || body.includes(`"${mark}"`)

const LEASE = Duration.toSeconds(World.visibilityTimeout)

/** Extensions keep a message for the length of a lease; whatever else is asked for it is its fate: its delete, or seconds. */
export const fatesOf = ({ asked }: Receipt): ReadonlyArray<"deleted" | number> =>
  asked.flatMap((wish) => (wish._tag === "Delete" ? "deleted" : wish.seconds === LEASE ? [] : wish.seconds))

/** Whether the receipt is of that message, and its fate is decided. */
export const isSettled = (mark: string, receipt: Receipt) => isOf(mark, receipt) && fatesOf(receipt).length > 0
