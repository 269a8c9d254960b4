/**
 * A body that goes on where it was cut off.
 */
import type { Scope } from "effect"
import { Effect, Schedule, Stream } from "effect"
import { Unavailable } from "../domain/reasons.ts"
import { BodyInterrupted, type S3ReaderError } from "./S3Reader.ts"
import * as retry from "../retry.ts"

/** Why a body, or the attempt to resume it, failed. `Unavailable` is a cut that can be resumed; anything else ends it. */
export type BodyFailure = S3ReaderError["reason"]

/** The connections that one body is read over. */
export interface ResumableBodyOptions {
  /** How many bytes there must be in all, where it is known: fewer is a cut, more is an error. */
  readonly size: number | undefined
  /** The connection that is open already, from byte 0. */
  readonly first: Stream.Stream<Uint8Array, BodyFailure>
  /** A new connection to the same bytes from `offset` on; it lives in its scope. */
  readonly resume: (offset: number) => Effect.Effect<Stream.Stream<Uint8Array, BodyFailure>, BodyFailure, Scope.Scope>
}

/**
 * One stream over as many connections as it takes.
 *
 * **Guarantee** Every byte once and in order. Each connection that brings at least one byte begins the schedule anew, so a
 * large object that is cut often, and advances each time, is read to its end.
 *
 * **Errors** `BodyInterrupted` when `retry.bodyResume` is exhausted without progress, or when there are more bytes than
 * `size`; what `resume` fails with otherwise.
 */
export const resumableBody = (options: ResumableBodyOptions): Stream.Stream<Uint8Array, BodyFailure> =>
  Stream.suspend(() => {
    let received = 0
    let connection = options.first

    const count = (chunks: ReadonlyArray<Uint8Array>) => {
      for (const chunk of chunks) received += chunk.byteLength
      return options.size !== undefined && received > options.size
        ? Effect.fail(new BodyInterrupted({ detail: `more than the announced ${options.size} bytes came` }))
        : Effect.void
    }

    const ended = Stream.suspend(() =>
      options.size !== undefined && received < options.size
        ? Stream.fail(new Unavailable({ detail: "the connection ended early" }))
        : Stream.empty
    )

    return Stream.suspend(() => {
      const current = connection
      connection = Stream.unwrap(Effect.suspend(() => options.resume(received)))
      return current
    }).pipe(
      Stream.mapArrayEffect((chunks) => Effect.as(count(chunks), chunks)),
      Stream.concat(ended),
      Stream.retry(whileCut),
      Stream.mapError((failure) =>
        failure._tag === "Unavailable"
          ? new BodyInterrupted({
              detail: `cut off after ${received} of ${options.size ?? "unknown"} bytes, and not to be resumed: ${failure.detail}`
            })
          : failure
      )
    )
  })

const whileCut = retry.bodyResume.pipe(
  Schedule.setInputType<BodyFailure>(),
  Schedule.while(({ input }) => input._tag === "Unavailable")
)
