/**
 * A Node stream of the SDK as an Effect stream.
 */
import type { Readable } from "node:stream"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Duration, Effect, Predicate, Stream } from "effect"
import { Unavailable } from "../domain/reasons.ts"
import { BodyInterrupted } from "../reader/S3Reader.ts"

/** How long a connection may bring no byte while one is waited for. A body that nobody reads is under no such limit. */
export const IDLE_LIMIT = Duration.seconds(60)

/**
 * Reads `readable` as fast as the stream is pulled, and destroys it at the end, however that comes.
 *
 * **Errors** `Unavailable` when the connection broke or fell silent for `IDLE_LIMIT`: the rest can be asked for again.
 * `BodyInterrupted` when the bytes are not those that S3 has a checksum of.
 */
export const readableBody = (readable: Readable): Stream.Stream<Uint8Array, Unavailable | BodyInterrupted> =>
  Stream.transformPull(
    NodeStream.fromReadable<Uint8Array, Unavailable | BodyInterrupted>({
      evaluate: () => readable,
      onError: bodyFailure
    }),
    (pull) => Effect.succeed(Effect.timeoutOrElse(pull, { duration: IDLE_LIMIT, orElse: silent }))
  )

const silent = () => Effect.fail(new Unavailable({ detail: `no byte came for ${Duration.format(IDLE_LIMIT)}` }))

/** The SDK has no code of its own for a wrong checksum; its text is all that tells it from a broken connection. */
const bodyFailure = (error: unknown) => {
  const detail = Predicate.isError(error) ? error.message : String(error)
  return detail.startsWith("Checksum mismatch") ? new BodyInterrupted({ detail }) : new Unavailable({ detail })
}
