/**
 * An AWS in this process, on real HTTP on 127.0.0.1: S3, SQS with bucket notifications, STS and a small IAM, for the demo and for
 * tests. fauxqs keeps the objects and queues; a front of ours decides who may do what, as AWS does.
 */
import { createServer, type Server } from "node:http"
import { Context, type Duration, Effect, FiberSet, Layer, type Scope } from "effect"
import type { Fault, Operation } from "./Exchange.ts"
import * as Front from "./front.ts"
import * as ObjectStore from "./ObjectStore.ts"
import * as Principals from "./Principals.ts"
import type { Session } from "./Principals.ts"
import { findBucket } from "./s3Api.ts"
import * as Upstream from "./Upstream.ts"
import type { QueueDepth } from "./Upstream.ts"
import type { Account } from "./World.ts"

/** A request that was answered. `code` is the error's, `undefined` on success. */
export interface LedgerEntry extends Operation {
  readonly code: string | undefined
}

/** What is there at the start. */
export interface EmbeddedAwsOptions {
  readonly accounts: ReadonlyArray<Account>
  /** Sessions end after this even if more was asked: so that their renewal can be watched. */
  readonly sessionLifetimeCap?: Duration.Duration
  /** The port to listen on; any free one, unless given. */
  readonly port?: number
}

/** The running AWS, and what only its owner may do. */
export class EmbeddedAws extends Context.Service<
  EmbeddedAws,
  {
    /** `http://127.0.0.1:PORT`, for S3 (path style), SQS and STS alike. */
    readonly endpoint: string
    /** Every request of a known signer, in order. */
    readonly ledger: Effect.Effect<ReadonlyArray<LedgerEntry>>
    /** How many requests are not answered to their end. */
    readonly openRequests: Effect.Effect<number>
    /** Every session that STS gave out, in order. */
    readonly sessions: Effect.Effect<ReadonlyArray<Session>>
    /** From now on the sessions that the role has count as expired; new ones do not. */
    readonly revokeSessions: (roleArn: string) => Effect.Effect<void>
    /** From now on each request is shown to `intercept`, and what it answers goes wrong. */
    readonly setIntercept: (
      intercept: (operation: Operation) => Effect.Effect<Fault | undefined>
    ) => Effect.Effect<void>
    /** Uploads as the bucket's owner; the bucket announces it. Answers the ETag, without quotes. */
    readonly putObject: (bucket: string, key: string, bytes: Uint8Array) => Effect.Effect<string>
    /** Deletes as the bucket's owner. */
    readonly deleteObject: (bucket: string, key: string) => Effect.Effect<void>
    /** Sends a message to the queue of this ARN. */
    readonly sendMessage: (queueArn: string, body: string) => Effect.Effect<void>
    /** What the queue of this ARN holds. */
    readonly queueDepth: (queueArn: string) => Effect.Effect<QueueDepth>
  }
>()("s3beat/demo/EmbeddedAws") {}

const noFault = () => Effect.undefined

const make = Effect.fnUntraced(function* (options: EmbeddedAwsOptions) {
  const upstream = yield* Upstream.make(options.accounts)
  const objects = ObjectStore.make(upstream)
  const principals = Principals.make(options.accounts)
  const ledger: Array<LedgerEntry> = []
  let intercept: (operation: Operation) => Effect.Effect<Fault | undefined> = noFault
  let endpoint = ""
  let openRequests = 0

  const front: Front.FrontOptions = {
    accounts: options.accounts,
    principals,
    upstream,
    objects,
    sessionLifetimeCap: options.sessionLifetimeCap,
    endpoint: () => endpoint,
    intercept: (operation) => intercept(operation),
    record: (operation, code) => ledger.push({ ...operation, code })
  }

  const run = yield* FiberSet.makeRuntime<never>()
  const server = createServer((request, response) => {
    openRequests++
    const fiber = run(Front.handle(front, request, response))
    // Whoever asked has gone away without the answer: a long poll must not take messages for nobody.
    response.on("close", () => {
      openRequests--
      if (!response.writableFinished) fiber.interruptUnsafe()
    })
  })
  endpoint = `http://127.0.0.1:${yield* listening(server, options.port ?? 0)}`

  return EmbeddedAws.of({
    endpoint,
    ledger: Effect.sync(() => ledger.slice()),
    openRequests: Effect.sync(() => openRequests),
    sessions: principals.sessions,
    revokeSessions: principals.revoke,
    setIntercept: (next) => Effect.sync(() => void (intercept = next)),
    putObject: Effect.fnUntraced(function* (bucket, key, bytes) {
      yield* objects.put(bucket, key, bytes)
      const owned = findBucket(options.accounts, bucket)
      if (owned !== undefined) yield* Front.announce(front, owned, key, "Put")
      return (yield* objects.head(bucket, key)).eTag
    }),
    deleteObject: objects.remove,
    sendMessage: upstream.sendMessage,
    queueDepth: upstream.depth
  })
})

/** Listens on 127.0.0.1 until the scope closes, and answers the port. */
const listening = (server: Server, port: number): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.on("error", (cause) => resume(Effect.die(cause)))
      server.listen(port, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** Starts it; the scope ends it, and every connection to it. */
export const layer = (options: EmbeddedAwsOptions): Layer.Layer<EmbeddedAws, Upstream.EmulatorMissing> =>
  Layer.effect(EmbeddedAws, make(options))
