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

/** What is pulled several at a time, one at a time. */
export const oneByOne = <A extends {}, E>(pull: Pull.Pull<NonEmptyReadonlyArray<A>, E>): Pull.Pull<A, E> => {
  let pulled: ReadonlyArray<A> = []
  let at = 0
  const more = Effect.flatMap(pull, (next) => {
    pulled = next
    at = 0
    return one
  })
  const one: Pull.Pull<A, E> = Effect.suspend(() => {
    const element = pulled[at++]
    return element === undefined ? more : Effect.succeed(element)
  })
  return one
}

/** The chunk, and then the others. */
export const putBack = <E>(chunk: Uint8Array, others: ChunkPull<E>): ChunkPull<E> => {
  let isTaken = false
  return Effect.suspend(() => {
    if (isTaken) return others
    isTaken = true
    return Effect.succeed(chunk)
  })
}
