/**
 * The body of an answer as an Effect stream.
 */
import { Cause, Duration, Effect, Stream } from "effect"
import { Unavailable } from "../domain/reasons.ts"
import { BodyInterrupted } from "../reader/S3Reader.ts"
import type { BodyChecksum } from "./BodyChecksum.ts"
import type { Deadlines } from "./Deadlines.ts"
import { type HttpBody, unread } from "./HttpExchange.ts"

/** How long a connection may bring no byte while one is waited for. A body that nobody reads is under no such limit. */
export const IDLE_LIMIT = Duration.seconds(60)

/** A body, and what its bytes are compared with. */
export interface Body {
  readonly body: HttpBody
  readonly checksum: BodyChecksum | undefined
}

type Chunk = readonly [Uint8Array]
type BodyError = Unavailable | BodyInterrupted

/**
 * The whole body in one piece, if it has come already, as that of a small object has; undefined otherwise, and nothing is read then.
 *
 * **Errors** `BodyInterrupted` when the bytes are not those that S3 has a checksum of.
 */
export const wholeBody = ({ body, checksum }: Body): Effect.Effect<Uint8Array | undefined, BodyInterrupted> => {
  const bytes = body.ending() === "complete" ? unread(body) : nothing
  if (bytes.length === 0) return Effect.undefined
  checksum?.update(bytes)
  const mismatch = checksum?.mismatch()
  return mismatch === undefined ? Effect.succeed(bytes) : Effect.fail(new BodyInterrupted({ detail: mismatch }))
}

const nothing: Uint8Array = new Uint8Array(0)

/**
 * Reads `body` as fast as the stream is pulled, and lets go of it at the end, however that comes.
 *
 * **Guarantee** Read to its end, the body gives its connection back to be used again.
 *
 * **Errors** `Unavailable` when the connection broke or fell silent for `IDLE_LIMIT`, which `idle` watches over: the rest can be
 * asked for again. `BodyInterrupted` when the bytes are not those that S3 has a checksum of.
 */
export const readableBody = (answer: Body, idle: Deadlines): Stream.Stream<Uint8Array, BodyError> =>
  Stream.scoped(
    Stream.fromPull(
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => drive(answer, idle)),
          () => Effect.sync(() => answer.body.close())
        ),
        ({ poll, wait }) => Effect.suspend(() => poll() ?? wait)
      )
    )
  )

/** `poll` answers what there is now, `wait` the next that comes; one at a time. */
const drive = ({ body, checksum }: Body, idle: Deadlines) => {
  const ended = (): Effect.Effect<never, BodyError | Cause.Done> => {
    const mismatch = checksum?.mismatch()
    return mismatch === undefined ? Cause.done() : Effect.fail(new BodyInterrupted({ detail: mismatch }))
  }

  const poll = (): Effect.Effect<Chunk, BodyError | Cause.Done> | undefined => {
    const chunk = body.read()
    if (chunk !== undefined) {
      checksum?.update(chunk)
      return Effect.succeed([chunk])
    }
    const ending = body.ending()
    if (ending === undefined) return undefined
    return ending === "complete" ? ended() : Effect.fail(new Unavailable({ detail: ending.message }))
  }

  const wait = Effect.callback<Chunk, BodyError | Cause.Done>((resume) => {
    const sleep = () => {
      body.listen(asleep)
      end()
    }
    const end = idle.begin(() => {
      sleep()
      resume(silent)
    })
    const wake = () => {
      const answer = poll()
      if (answer === undefined) return
      sleep()
      resume(answer)
    }
    body.listen(wake)
    wake()
    return Effect.sync(sleep)
  })

  return { poll, wait }
}

const asleep = () => {}

const silent = Effect.fail(new Unavailable({ detail: `no byte came for ${Duration.format(IDLE_LIMIT)}` }))
