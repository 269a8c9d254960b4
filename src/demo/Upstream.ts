/**
 * fauxqs, which keeps the objects and the queues. It knows one account and checks no keys: the front does that.
 */
import { Agent, type IncomingMessage, request } from "node:http"
import { Data, Duration, Effect, type Scope } from "effect"
import type { FauxqsServer } from "fauxqs"
import { AwsError } from "./AwsError.ts"
import { versionsOf } from "./versions.ts"
import { type Account, type Queue, queueArn } from "./World.ts"

/** The emulator is no dependency of the daemon: whoever installed only that has to install it for the demo. */
export class EmulatorMissing extends Data.TaggedError("EmulatorMissing") {
  override get message() {
    return "The demo needs the package fauxqs, which s3beat itself does without: npm install fauxqs"
  }
}

/** How many messages a queue holds. */
export interface QueueDepth {
  readonly ready: number
  readonly inFlight: number
  readonly delayed: number
}

/** The emulator behind the front. */
export interface Upstream {
  /** Sends a request on, and answers when the headers of the answer are there. The body is the caller's to read. */
  readonly send: (options: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: Buffer
  }) => Effect.Effect<IncomingMessage, AwsError>
  /** The URL by which it knows the queue of this ARN. */
  readonly urlOf: (arn: string) => string | undefined
  /** **Errors** Dies when there is no such queue, as `depth` does: a mistake of whoever built the world. */
  readonly sendMessage: (arn: string, body: string) => Effect.Effect<void>
  readonly depth: (arn: string) => Effect.Effect<QueueDepth>
}

/** fauxqs has no accounts, and looks queues up by their names alone: account and region are part of the name there. */
const nameOf = (account: Account, { name, region }: Pick<Queue, "name" | "region">): string =>
  `${account.id}-${region}-${name}`

/** Starts the emulator on a port of its own, with these accounts' buckets and queues in it. */
export const make: (accounts: ReadonlyArray<Account>) => Effect.Effect<Upstream, EmulatorMissing, Scope.Scope> =
  Effect.fnUntraced(function* (accounts) {
    const { startFauxqs } = yield* Effect.tryPromise({
      try: () => import("fauxqs"),
      catch: () => new EmulatorMissing()
    })
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startFauxqs({ port: 0, logger: false })),
      (server) => Effect.promise(() => server.stop())
    )
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true })),
      (agent) => Effect.sync(() => agent.destroy())
    )
    const queues = new Map<string, { readonly name: string; readonly region: string; readonly url: string }>()
    const known = (arn: string) => {
      const queue = queues.get(arn)
      if (queue === undefined) throw new Error(`There is no queue ${arn} in this world.`)
      return queue
    }

    for (const account of accounts) {
      for (const bucket of account.buckets) {
        server.createBucket(bucket.name)
        if (bucket.isVersioned === true) server.createBucket(versionsOf(bucket.name))
      }
      const named = account.queues.filter((queue) => queue.redrive === undefined)
      // A queue can name a dead-letter queue only once that is there.
      for (const queue of [...named, ...account.queues.filter((queue) => queue.redrive !== undefined)]) {
        const { queueUrl } = createQueue(server, account, queue)
        const name = nameOf(account, queue)
        queues.set(queueArn(account, queue), { name, region: queue.region, url: queueUrl })
      }
    }

    return {
      send: ({ body, headers, method, path }) =>
        Effect.callback((resume) => {
          const call = request({ agent, host: "127.0.0.1", port: server.port, method, path, headers }, (answer) =>
            resume(Effect.succeed(answer))
          )
          call.on("error", (cause) =>
            resume(Effect.fail(new AwsError({ status: 503, code: "ServiceUnavailable", message: cause.message })))
          )
          call.end(body)
          return Effect.sync(() => call.destroy())
        }),
      urlOf: (arn) => queues.get(arn)?.url,
      sendMessage: (arn, body) =>
        Effect.sync(() => {
          const { name, region } = known(arn)
          server.sendMessage(name, body, { region })
        }),
      depth: (arn) =>
        Effect.sync(() => {
          const messages = server.inspectQueue(known(arn).name)?.messages
          return {
            ready: messages?.ready.length ?? 0,
            inFlight: messages?.inflight.length ?? 0,
            delayed: messages?.delayed.length ?? 0
          }
        })
    }
  })

const createQueue = (server: FauxqsServer, account: Account, queue: Queue) => {
  const { redrive, region, visibilityTimeout } = queue
  const attributes: Record<string, string> = {}
  if (visibilityTimeout !== undefined) {
    attributes["VisibilityTimeout"] = String(Duration.toSeconds(visibilityTimeout))
  }
  if (redrive !== undefined) {
    attributes["RedrivePolicy"] = JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:${nameOf(account, { name: redrive.deadLetterQueue, region })}`,
      maxReceiveCount: redrive.maxReceiveCount
    })
  }
  return server.createQueue(nameOf(account, queue), { region, attributes })
}
