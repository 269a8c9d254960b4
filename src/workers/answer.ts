/**
 * What the main thread answers to a worker.
 */
import { Effect, Redacted, Result, Schema } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { CredentialsError, type Identity } from "../credentials/Credentials.ts"
import { Identities } from "../credentials/Identities.ts"
import { DeadLetters, DeadLettersError } from "../deadletter/DeadLetters.ts"
import { EventsRejected } from "../output/Output.ts"
import { Publisher } from "../output/Publisher.ts"
import type { Answer, IdentityName, PlainKeys, Question, SharedEvents } from "./protocol.ts"

const encodeCredentialsError = Schema.encodeSync(CredentialsError)
const encodeDeadLettersError = Schema.encodeSync(DeadLettersError)
const encodeRejection = Schema.encodeSync(EventsRejected)

/** Answers the question; a failure is an answer, too. */
export const answer = (question: Question): Effect.Effect<Answer, never, DeadLetters | Identities | Publisher> => {
  switch (question._tag) {
    case "Keys":
      return keysOf(question.identity, question.expired).pipe(
        Effect.map((keys): Answer => ({ _tag: "Keys", keys: toPlain(keys) })),
        Effect.catch((error) => Effect.succeed<Answer>({ _tag: "Failed", error: encodeCredentialsError(error) }))
      )
    case "Publish":
      return publish(question.parts).pipe(
        Effect.as<Answer>({ _tag: "Done" }),
        Effect.catch((error) => Effect.succeed<Answer>({ _tag: "Failed", error: encodeRejection(error) }))
      )
    case "Keep":
      return Effect.flatMap(DeadLetters, (deadLetters) => deadLetters.keep(question.letters)).pipe(
        Effect.as<Answer>({ _tag: "Done" }),
        Effect.catch((error) => Effect.succeed<Answer>({ _tag: "Failed", error: encodeDeadLettersError(error) }))
      )
  }
}

/** Publishes the parts at once, and fails when events of any were refused. */
const publish = Effect.fnUntraced(function* (
  parts: ReadonlyArray<SharedEvents>
): Effect.fn.Return<void, EventsRejected, Publisher> {
  const publisher = yield* Publisher
  const outcomes = yield* Effect.forEach(
    parts,
    ({ bytes, ends }) => Effect.result(publisher.publish({ bytes, ends, count: ends.length })),
    { concurrency: "unbounded" }
  )
  const refused: Array<EventsRejected["events"][number]> = []
  let first = 0
  for (const [i, { ends }] of parts.entries()) {
    const outcome = outcomes[i]
    if (outcome !== undefined && Result.isFailure(outcome)) {
      for (const { detail, index } of outcome.failure.events) refused.push({ index: first + index, detail })
    }
    first += ends.length
  }
  if (refused.length > 0) return yield* new EventsRejected({ events: refused })
})

const keysOf = Effect.fnUntraced(function* (name: IdentityName, expired: string | undefined) {
  const { assumed, base } = yield* Identities
  const identity: Identity | undefined = name === "base" ? base : assumed[name]?.identity
  if (identity === undefined) return yield* Effect.die(new Error(`there is no identity ${name}`))
  const keys = yield* identity.keys
  if (expired === undefined || Redacted.value(keys.accessKeyId) !== expired) return keys
  yield* identity.refresh(keys)
  return yield* identity.keys
})

const toPlain = ({ accessKeyId, expiresAt, secretAccessKey, sessionToken }: AwsKeys): PlainKeys => ({
  accessKeyId: Redacted.value(accessKeyId),
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken === undefined ? undefined : { sessionToken: Redacted.value(sessionToken) }),
  ...(expiresAt === undefined ? undefined : { expiresAt })
})
