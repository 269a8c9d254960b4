/**
 * Chunks of bytes, pulled one at a time: what the stages between a body and its records pass on to each other.
 *
 * A stage is a function from a pull to a pull. Stages of `Stream` would do the same and cost an object of one record, of which
 * accounts have millions, more than all the work on its bytes (measured: a third of it as pulls).
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import { Effect, type Pull, type Scope, Stream } from "effect"

/** The next chunk, none of them empty, or `Done` at the end and ever after. */
export type ChunkPull<E> = Pull.Pull<Uint8Array, E>

/**
 * A stream by way of stages.
 *
 * **Shape** `stages` get the body's chunks, and a scope that closes with the stream; what they pull is what the stream emits.
 */
export const throughStages = <A, E, E2, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  stages: (pull: ChunkPull<E>, scope: Scope.Scope) => Pull.Pull<A, E2>
): Stream.Stream<A, E2, R> =>
  Stream.transformPull(body, (pull, scope) =>
    Effect.sync(() => Effect.map(stages(oneByOne(pull), scope), (element): NonEmptyReadonlyArray<A> => [element]))
  )

const oneByOne = <E>(pull: Pull.Pull<NonEmptyReadonlyArray<Uint8Array>, E>): ChunkPull<E> => {
  let chunks: ReadonlyArray<Uint8Array> = []
  let at = 0
  const next: ChunkPull<E> = Effect.suspend(() => {
    while (at < chunks.length) {
      const chunk = chunks[at++]
      if (chunk !== undefined && chunk.length > 0) return Effect.succeed(chunk)
    }
    return Effect.flatMap(pull, (pulled) => {
      chunks = pulled
      at = 0
      return next
    })
  })
  return next
}
