/**
 * Who may become whom on the embedded AWS, and for how long.
 */
import { GetObjectCommand } from "@aws-sdk/client-s3"
import { GetQueueUrlCommand } from "@aws-sdk/client-sqs"
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { roleArn } from "../../src/demo/World.ts"
import { assumeRole, codeOf, refusalOf, sessionOf, signedInAs } from "../support/awsClients.ts"
import * as World from "../support/embeddedAws.ts"

const log = new GetObjectCommand({ Bucket: "prod-logs", Key: "log" })

/** A, with a role that only those may assume whom `trusts` names. */
const trusting = (...trusts: ReadonlyArray<string>) => {
  const only = { ...World.reader, name: "only", trusts }
  return {
    arn: roleArn(World.accountA, only),
    layer: World.layerWith({
      accounts: [{ ...World.accountA, roles: [...World.accountA.roles, only] }, World.accountB]
    })
  }
}

describe("sessions on the embedded AWS", () => {
  it.effect("a session is good until it ends and no longer, for every service", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.putObject("prod-logs", "log", Buffer.from("x"))
      const base = yield* signedInAs(World.beat)
      const session = yield* sessionOf(base.sts, { DurationSeconds: 900 })
      assert.strictEqual(session.expiresAt, (yield* Clock.currentTimeMillis) + 900_000)
      const role = yield* signedInAs(session)
      yield* TestClock.adjust(Duration.millis(899_999))
      yield* Effect.promise(() => role.s3.send(log))
      yield* TestClock.adjust(Duration.millis(1))
      assert.strictEqual(yield* codeOf(() => role.s3.send(log)), "400 ExpiredToken")
      assert.strictEqual(yield* codeOf(() => role.sts.send(new GetCallerIdentityCommand({}))), "403 ExpiredToken")
      const queue = new GetQueueUrlCommand({ QueueName: "s3beat-events" })
      assert.strictEqual(yield* codeOf(() => role.sqs.send(queue)), "403 ExpiredToken")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("sessions can be made to end sooner than was asked, and say so", () =>
    Effect.gen(function* () {
      const base = yield* signedInAs(World.beat)
      const { expiresAt } = yield* sessionOf(base.sts)
      assert.strictEqual(expiresAt, (yield* Clock.currentTimeMillis) + 8000)
    }).pipe(Effect.scoped, Effect.provide(World.layerWith({ sessionLifetimeCap: Duration.seconds(8) })))
  )

  it.effect("revoked sessions are over, and new ones of the same role are not", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.putObject("prod-logs", "log", Buffer.from("x"))
      const { sts } = yield* signedInAs(World.beat)
      const old = yield* signedInAs(yield* sessionOf(sts))
      const other = yield* signedInAs(
        yield* sessionOf(sts, { RoleArn: World.roleArns.readerExternal, ExternalId: World.readerExternal.externalId })
      )
      yield* aws.revokeSessions(World.roleArns.reader)
      assert.strictEqual(yield* codeOf(() => old.s3.send(log)), "400 ExpiredToken")
      yield* Effect.promise(() => other.s3.send(log))
      const renewed = yield* signedInAs(yield* sessionOf(sts))
      yield* Effect.promise(() => renewed.s3.send(log))
      assert.deepStrictEqual(
        (yield* aws.sessions).map(({ roleArn }) => roleArn),
        [World.roleArns.reader, World.roleArns.readerExternal, World.roleArns.reader]
      )
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a session's keys are worth nothing without its token, nor with another's", () =>
    Effect.gen(function* () {
      const { sts } = yield* signedInAs(World.beat)
      const { accessKeyId, secretAccessKey } = yield* sessionOf(sts)
      const { sessionToken = "" } = yield* sessionOf(sts)
      const without = yield* signedInAs({ accessKeyId, secretAccessKey })
      assert.strictEqual(yield* codeOf(() => without.s3.send(log)), "400 InvalidToken")
      const anothers = yield* signedInAs({ accessKeyId, secretAccessKey, sessionToken })
      assert.strictEqual(yield* codeOf(() => anothers.s3.send(log)), "400 InvalidToken")
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("an external id that is asked for must be given, and one that is not is no matter", () =>
    Effect.gen(function* () {
      const { sts } = yield* signedInAs(World.beat)
      const RoleArn = World.roleArns.readerExternal
      assert.strictEqual(yield* codeOf(() => sts.send(assumeRole({ RoleArn }))), "403 AccessDenied")
      assert.strictEqual(
        yield* codeOf(() => sts.send(assumeRole({ RoleArn, ExternalId: "guess" }))),
        "403 AccessDenied"
      )
      yield* sessionOf(sts, { RoleArn, ExternalId: World.readerExternal.externalId })
      yield* sessionOf(sts, { ExternalId: "not asked for" })
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  const names: ReadonlyArray<readonly [string, string, boolean]> = [
    ["its ARN", World.arn.beat, true],
    ["its account's id", "222222222222", true],
    ["its account's root", "arn:aws:iam::222222222222:root", true],
    ["another account's id", "333333333333", false],
    ["another user's ARN", "arn:aws:iam::222222222222:user/s3beat2", false]
  ]

  for (const [words, name, isTrusted] of names) {
    const { arn, layer } = trusting(name)
    it.effect(`a role that names ${words} ${isTrusted ? "trusts" : "does not trust"} the user`, () =>
      Effect.gen(function* () {
        const { sts } = yield* signedInAs(World.beat)
        yield* isTrusted
          ? sessionOf(sts, { RoleArn: arn })
          : Effect.map(
              codeOf(() => sts.send(assumeRole({ RoleArn: arn }))),
              (code) => assert.strictEqual(code, "403 AccessDenied")
            )
      }).pipe(Effect.scoped, Effect.provide(layer))
    )
  }

  it.effect("trust is not enough: the user's own account must let it assume the role", () => {
    const { arn, layer } = trusting("111111111111")
    return Effect.gen(function* () {
      const { sts } = yield* signedInAs(World.uploader)
      const { message, name } = yield* refusalOf(() => sts.send(assumeRole({ RoleArn: arn })))
      assert.strictEqual(name, "AccessDenied")
      assert.include(message, "is not authorized to perform: sts:AssumeRole")
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  const chain = (() => {
    const assume = { actions: ["sts:AssumeRole"], resources: ["*"] }
    const first = { ...World.reader, name: "first", policy: [assume] }
    const second = {
      ...World.reader,
      name: "second",
      trusts: [roleArn(World.accountA, first)],
      maxSessionDuration: Duration.hours(12)
    }
    return {
      first: roleArn(World.accountA, first),
      second: roleArn(World.accountA, second),
      layer: World.layerWith({ accounts: [{ ...World.accountA, roles: [first, second] }, World.accountB] })
    }
  })()

  it.effect("a role that is assumed by a role gives an hour at most, whatever its own maximum", () =>
    Effect.gen(function* () {
      const base = yield* signedInAs(World.beat)
      assert.strictEqual(yield* codeOf(() => base.sts.send(assumeRole({ RoleArn: chain.second }))), "403 AccessDenied")
      const { sts } = yield* signedInAs(yield* sessionOf(base.sts, { RoleArn: chain.first }))
      yield* sessionOf(sts, { RoleArn: chain.second, DurationSeconds: 3600 })
      const refusal = yield* refusalOf(() => sts.send(assumeRole({ RoleArn: chain.second, DurationSeconds: 3601 })))
      assert.strictEqual(refusal.name, "ValidationError")
      assert.include(refusal.message, "1 hour session limit for roles assumed by role chaining")
    }).pipe(Effect.scoped, Effect.provide(chain.layer))
  )

  const refused: ReadonlyArray<readonly [string, Parameters<typeof assumeRole>[0], string]> = [
    ["under 15 minutes", { DurationSeconds: 899 }, "Member must have value greater than or equal to 900"],
    ["over 12 hours", { DurationSeconds: 43_201 }, "Member must have value less than or equal to 43200"],
    ["over the role's maximum", { DurationSeconds: 3601 }, "exceeds the MaxSessionDuration set for this role"],
    ["of a name of one letter", { RoleSessionName: "a" }, "greater than or equal to 2"],
    ["of a name of 65 letters", { RoleSessionName: "a".repeat(65) }, "less than or equal to 64"],
    ["of a name with a slash", { RoleSessionName: "s3beat/a" }, "regular expression pattern: [\\w+=,.@-]*"]
  ]

  for (const [words, more, text] of refused) {
    it.effect(`a session ${words} is a ValidationError that says why`, () =>
      Effect.gen(function* () {
        const { sts } = yield* signedInAs(World.beat)
        const { message, name, status } = yield* refusalOf(() => sts.send(assumeRole(more)))
        assert.deepStrictEqual([status, name], [400, "ValidationError"])
        assert.include(message, text)
      }).pipe(Effect.scoped, Effect.provide(World.layer))
    )
  }

  it.effect("the longest session that a role gives is as long as its maximum", () =>
    Effect.gen(function* () {
      const { sts } = yield* signedInAs(World.beat)
      yield* sessionOf(sts, { DurationSeconds: 3600 })
      yield* sessionOf(sts, {
        RoleArn: World.roleArns.readerExternal,
        ExternalId: World.readerExternal.externalId,
        DurationSeconds: 43_200
      })
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )
})
