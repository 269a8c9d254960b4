/**
 * A session of a role over the in-memory STS, for tests of how it is kept.
 */
import { Duration, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import type { AwsKeys } from "../../src/credentials/AwsKeys.ts"
import * as StsSession from "../../src/credentials/StsSession.ts"
import { StsMemory } from "../../src/testing/StsMemory.ts"

export const roleArn = "arn:aws:iam::111111111111:role/logs"

/** The session, kept until the scope closes. */
export const open = (duration: Duration.Input = "1 hour") =>
  StsSession.make({ roleArn, sessionName: "s3beat-test", duration: Duration.fromInputUnsafe(duration) })

/** The calls that reached STS so far. */
export const calls = Effect.flatMap(StsMemory, (sts) => sts.calls(roleArn))

export const callCount = Effect.map(calls, ({ length }) => length)

/** Lets time pass in steps, so that every fiber gets to its next sleep. */
export const pass = (duration: Duration.Input, step: Duration.Input = "5 seconds") =>
  Effect.repeat(TestClock.adjust(step), {
    times: Math.ceil(Duration.toMillis(duration) / Duration.toMillis(step)) - 1
  })

/** Lets every fiber go as far as it comes without time passing. */
export const settled = Effect.replicateEffect(Effect.yieldNow, 20, { discard: true })

export const idOf = ({ accessKeyId }: AwsKeys): string => Redacted.value(accessKeyId)
