/**
 * The front of the embedded AWS on the wire: what goes wrong on request, what is noted, and how it ends.
 */
import { once } from "node:events"
import { connect } from "node:net"
import { GetObjectCommand } from "@aws-sdk/client-s3"
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Scope } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import type { Fault } from "../../src/demo/Exchange.ts"
import { codeOf, refusalOf, signedInAs } from "../support/awsClients.ts"
import * as World from "../support/embeddedAws.ts"

const log = new GetObjectCommand({ Bucket: "prod-logs", Key: "log" })

const whoAmI = new GetCallerIdentityCommand({})

const portOf = (endpoint: string) => Number(new URL(endpoint).port)

/** Sends the bytes as they are and answers what comes back, until the front closes the connection. */
const exchange = (port: number, request: string) =>
  Effect.promise(async () => {
    const socket = connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")))
    socket.write(request)
    await once(socket, "close")
    return answer
  })

const unsigned = (path: string, header = "Accept: */*") =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${header}\r\n\r\n`

const signature = `Authorization: AWS4-HMAC-SHA256 Credential=${World.beat.accessKeyId}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`

describe("the front of the embedded AWS", () => {
  it.effect("requests without a signature, or with one that cannot be read, are refused", () =>
    Effect.gen(function* () {
      const port = portOf((yield* EmbeddedAws).endpoint)
      for (const header of [
        undefined,
        "Authorization: Basic dXNlcjpwYXNz",
        "Authorization: AWS4-HMAC-SHA256 nonsense"
      ]) {
        const answer = yield* exchange(port, unsigned("/prod-logs/log", header))
        assert.match(answer, /^HTTP\/1\.1 403 /u)
        assert.include(answer, "<Code>MissingAuthenticationToken</Code>")
      }
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a request that nobody thought of is answered with a 500, and never left waiting", () =>
    Effect.gen(function* () {
      const port = portOf((yield* EmbeddedAws).endpoint)
      const answer = yield* exchange(port, unsigned("/prod-logs/log?prefix=%ZZ", signature))
      assert.match(answer, /^HTTP\/1\.1 500 /u)
      assert.include(answer, "<Code>InternalError</Code>")
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a fault is shown the request that it may break, and breaks no other", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.putObject("prod-logs", "log", Buffer.from("x"))
      const { s3, sts } = yield* signedInAs(World.uploader)
      const slowDown: Fault = { _tag: "Refuse", status: 503, code: "SlowDown", message: "Please reduce your rate." }
      yield* aws.setIntercept(({ action, principal, resource, service }) =>
        Effect.succeed(
          service === "s3" &&
            action === "s3:GetObject" &&
            resource === "arn:aws:s3:::prod-logs/log" &&
            principal === "arn:aws:iam::111111111111:user/uploader"
            ? slowDown
            : undefined
        )
      )
      assert.strictEqual(yield* codeOf(() => s3.send(log)), "503 SlowDown")
      yield* Effect.promise(() => sts.send(whoAmI))
      yield* aws.setIntercept(() => Effect.undefined)
      yield* Effect.promise(() => s3.send(log))
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  for (const at of [0, 1, 65_537, 999_999]) {
    it.effect(`a body that is cut at ${at} promises its whole length, gives that many bytes, and breaks off`, () =>
      Effect.gen(function* () {
        const aws = yield* EmbeddedAws
        const stored = Buffer.alloc(1_000_000, "0123456789")
        yield* aws.putObject("prod-logs", "log", stored)
        yield* aws.setIntercept(() => Effect.succeed({ _tag: "CutBody", bytes: at }))
        const { s3 } = yield* signedInAs(World.uploader)
        const { got, length, name } = yield* Effect.promise(async () => {
          const { Body, ContentLength } = await s3.send(log)
          const chunks: Array<Uint8Array> = []
          const reader = Body?.transformToWebStream().getReader()
          try {
            for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
              chunks.push(read.value)
            }
            return { length: ContentLength, got: Buffer.concat(chunks), name: "none" }
          } catch (error) {
            return {
              length: ContentLength,
              got: Buffer.concat(chunks),
              name: error instanceof Error ? error.message : ""
            }
          }
        })
        assert.strictEqual(length, stored.length)
        assert.strictEqual(name, "aborted")
        assert.isTrue(got.equals(stored.subarray(0, at)), `${got.length} bytes came`)
      }).pipe(Effect.scoped, Effect.provide(World.layer))
    )
  }

  it.effect("a dropped request gets no answer at all", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      yield* aws.setIntercept(() => Effect.succeed({ _tag: "Drop" }))
      const { sts } = yield* signedInAs(World.beat)
      const { message, status } = yield* refusalOf(() => sts.send(whoAmI))
      assert.isUndefined(status)
      assert.match(message, /ECONNRESET|socket hang up/u)
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("a request can be held for as long as the test likes", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const arrived = yield* Deferred.make<void>()
      const released = yield* Deferred.make<void>()
      yield* aws.setIntercept(() =>
        Deferred.succeed(arrived, undefined).pipe(Effect.andThen(Deferred.await(released)), Effect.as(undefined))
      )
      const { sts } = yield* signedInAs(World.beat)
      const call = yield* Effect.forkChild(Effect.promise(() => sts.send(whoAmI)))
      yield* Deferred.await(arrived)
      assert.deepStrictEqual(yield* aws.ledger, [])
      yield* Deferred.succeed(released, undefined)
      assert.strictEqual((yield* Fiber.join(call)).Arn, World.arn.beat)
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.effect("the ledger has every request of a known signer, in order, with how it ended", () =>
    Effect.gen(function* () {
      const aws = yield* EmbeddedAws
      const { s3, sts } = yield* signedInAs(World.beat)
      const nobody = yield* signedInAs({ ...World.beat, accessKeyId: "AKIANOBODY" })
      yield* Effect.promise(() => sts.send(whoAmI))
      yield* codeOf(() => nobody.sts.send(whoAmI))
      yield* codeOf(() => s3.send(log))
      const principal = World.arn.beat
      assert.deepStrictEqual(yield* aws.ledger, [
        { service: "sts", action: "sts:GetCallerIdentity", resource: "*", principal, code: undefined },
        {
          service: "s3",
          action: "s3:GetObject",
          resource: "arn:aws:s3:::prod-logs/log",
          principal,
          code: "AccessDenied"
        }
      ])
    }).pipe(Effect.scoped, Effect.provide(World.layer))
  )

  it.live("the end of the scope ends every connection and the port, whatever is under way", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const aws = Context.get(yield* Layer.buildWithScope(World.layer, scope), EmbeddedAws)
      const arrived = yield* Deferred.make<void>()
      yield* aws.setIntercept(() => Effect.andThen(Deferred.succeed(arrived, undefined), Effect.never))
      const { sts } = yield* Effect.provideService(signedInAs(World.beat), EmbeddedAws, aws)
      const held = yield* Effect.forkChild(refusalOf(() => sts.send(whoAmI)))
      const idle = connect(portOf(aws.endpoint), "127.0.0.1")
      yield* Effect.promise(() => once(idle, "connect"))
      const closed = once(idle, "close")
      yield* Deferred.await(arrived)
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      yield* Effect.promise(() => closed)
      assert.match((yield* Fiber.join(held)).message, /ECONNRESET|socket hang up/u)
      assert.include((yield* refusalOf(() => sts.send(whoAmI))).message, "ECONNREFUSED")
    }).pipe(Effect.scoped, Effect.timeout("4 seconds"))
  )
})
