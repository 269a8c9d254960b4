/**
 * A Node stream of the SDK as an Effect stream.
 */
import type { Readable } from "node:stream"
import { Cause, Duration, Effect, Predicate, Stream } from "effect"
import { Unavailable } from "../domain/reasons.ts"
import { BodyInterrupted } from "../reader/S3Reader.ts"

/** How long a connection may bring no byte while one is waited for. A body that nobody reads is under no such limit. */
export const IDLE_LIMIT = Duration.seconds(60)

/**
 * Reads `readable` as fast as the stream is pulled, and destroys it at the end, however that comes.
 *
 * **Guarantee** Read to its end, the body gives its connection back to be used again.
 *
 * **Errors** `Unavailable` when the connection broke or fell silent for `IDLE_LIMIT`: the rest can be asked for again.
 * `BodyInterrupted` when the bytes are not those that S3 has a checksum of.
 */
export const readableBody = (readable: Readable): Stream.Stream<Uint8Array, Unavailable | BodyInterrupted> =>
  Stream.scoped(
    Stream.fromPull(
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => drive(readable)),
          () => Effect.sync(() => void readable.destroy())
        ),
        ({ poll, wait }) =>
          Effect.suspend(() => poll() ?? Effect.timeoutOrElse(wait, { duration: IDLE_LIMIT, orElse: silent }))
      )
    )
  )

type Chunk = readonly [Uint8Array]
type BodyError = Unavailable | BodyInterrupted

/** `poll` answers what there is now, `wait` the next that comes; one at a time. */
const drive = (readable: Readable) => {
  let wake = asleep
  const notify = () => wake()
  for (const event of ["readable", "end", "error", "close"]) readable.on(event, notify)

  const poll = (): Effect.Effect<Chunk, BodyError | Cause.Done> | undefined => {
    const chunk: Uint8Array | null = readable.read()
    if (chunk !== null) return Effect.succeed([chunk])
    if (readable.readableEnded) return Cause.done()
    if (readable.errored !== null) return Effect.fail(bodyFailure(readable.errored))
    return readable.destroyed ? Effect.fail(new Unavailable({ detail: "the connection was closed early" })) : undefined
  }

  const wait = Effect.callback<Chunk, BodyError | Cause.Done>((resume) => {
    wake = () => {
      const answer = poll()
      if (answer === undefined) return
      wake = asleep
      resume(answer)
    }
    wake()
    return Effect.sync(() => {
      wake = asleep
    })
  })

  return { poll, wait }
}

const asleep = () => {}

const silent = () => Effect.fail(new Unavailable({ detail: `no byte came for ${Duration.format(IDLE_LIMIT)}` }))

/** The SDK has no code of its own for a wrong checksum; its text is all that tells it from a broken connection. */
const bodyFailure = (error: unknown) => {
  const detail = Predicate.isError(error) ? error.message : String(error)
  return detail.startsWith("Checksum mismatch") ? new BodyInterrupted({ detail }) : new Unavailable({ detail })
}
