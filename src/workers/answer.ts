/**
 * What the main thread answers to a worker.
 */
import { Effect, Redacted, Schema } from "effect"
import type { AwsKeys } from "../credentials/AwsKeys.ts"
import { CredentialsError, type Identity } from "../credentials/Credentials.ts"
import { Identities } from "../credentials/Identities.ts"
import { DeadLetters, DeadLettersError } from "../deadletter/DeadLetters.ts"
import { EventsRejected } from "../output/Output.ts"
import { Publisher } from "../output/Publisher.ts"
import type { Answer, IdentityName, PlainKeys, Question } from "./protocol.ts"

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
    case "Publish": {
      const { bytes, ends } = question
      return Effect.flatMap(Publisher, (publisher) => publisher.publish({ bytes, ends, count: ends.length })).pipe(
        Effect.as<Answer>({ _tag: "Done" }),
        Effect.catch((error) => Effect.succeed<Answer>({ _tag: "Failed", error: encodeRejection(error) }))
      )
    }
    case "Keep":
      return Effect.flatMap(DeadLetters, (deadLetters) => deadLetters.keep(question.letters)).pipe(
        Effect.as<Answer>({ _tag: "Done" }),
        Effect.catch((error) => Effect.succeed<Answer>({ _tag: "Failed", error: encodeDeadLettersError(error) }))
      )
  }
}

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
