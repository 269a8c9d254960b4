/**
 * What the main thread and its workers say to each other: plain data that can be cloned from one thread to the other.
 *
 * A worker asks and the main thread answers; besides, a worker tells what it counted and that it is done, and the main thread
 * that it is time to drain.
 */

import type { DeadLetter } from "../deadletter/DeadLetter.ts"

/** Which identity is meant: the base identity, or the role with this index in the config. */
export type IdentityName = "base" | number

/** Keys, in the clear: they do not leave the process. **Units** `expiresAt` in milliseconds since the epoch. */
export interface PlainKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiresAt?: number
}

/** Events as in `EventBatch`, of which `ends` is as long as it has events; `bytes` in memory that both threads see. */
export interface SharedEvents {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

/** What a worker may ask. **Shape** `expired` is the access key that AWS called expired; `parts` are published together, in their order. */
export type Question =
  | { readonly _tag: "Keys"; readonly identity: IdentityName; readonly expired?: string }
  | { readonly _tag: "Publish"; readonly parts: ReadonlyArray<SharedEvents> }
  | { readonly _tag: "Keep"; readonly letters: ReadonlyArray<DeadLetter> }

/** How a question is answered. **Shape** `error` is encoded by the schema of the error that the question's port has. */
export type Answer =
  | { readonly _tag: "Keys"; readonly keys: PlainKeys }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Failed"; readonly error: unknown }

/** What a worker counted since it last said so. */
export interface Counted {
  readonly type: "Counter" | "Gauge"
  readonly name: string
  readonly description: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly delta: number
}

/** From a worker. */
export type FromWorker =
  | { readonly _tag: "Asks"; readonly id: number; readonly question: Question }
  | { readonly _tag: "Counted"; readonly counted: ReadonlyArray<Counted> }
  | { readonly _tag: "Drained" }

/** To a worker. */
export type ToWorker =
  | { readonly _tag: "Answers"; readonly id: number; readonly answer: Answer }
  | { readonly _tag: "Drain" }
