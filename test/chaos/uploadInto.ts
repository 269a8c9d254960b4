/**
 * Uploads that are in the books.
 */
import { Effect } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import type { Ledger } from "../faults/Ledger.ts"
import type { RandomLog } from "../faults/randomLog.ts"

/**
 * Uploads the log, and enters it.
 *
 * **Guarantee** Both or neither: an object that is there and in no book would be taken for a forged one.
 */
export const uploadInto = (
  ledger: Ledger,
  bucket: string,
  { bytes, content, key, records }: RandomLog
): Effect.Effect<void, never, EmbeddedAws> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const eTag = yield* aws.putObject(bucket, key, bytes)
      ledger.uploaded({ bucket, key, eTag, content, records })
    })
  )
