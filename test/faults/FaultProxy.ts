/**
 * A proxy between s3beat and the embedded AWS, on real HTTP on 127.0.0.1, at which things go wrong on command, and which sees
 * everything that goes over the wire.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Context, Effect, Layer, type Scope } from "effect"
import { AwsError } from "../../src/demo/AwsError.ts"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import * as Pseudorandom from "../../src/demo/Pseudorandom.ts"
import * as respond from "../../src/demo/respond.ts"
import type { Rule } from "./Fault.ts"
import * as FaultRules from "./FaultRules.ts"
import * as forward from "./forward.ts"
import { type ProxiedRequest, readRequest } from "./ProxiedRequest.ts"
import { type QueueWatch, makeQueueWatch } from "./QueueWatch.ts"
import { sendSpoilt } from "./sendSpoilt.ts"

/** The proxy, from the test's side. */
export class FaultProxy extends Context.Service<
  FaultProxy,
  {
    /** Where s3beat finds S3, SQS and STS. */
    readonly endpoint: string
    /** From now on these faults happen, and no others. */
    readonly setRules: (rules: ReadonlyArray<Rule>) => Effect.Effect<void>
    /** How often each fault happened, by its name. */
    readonly injected: Effect.Effect<ReadonlyMap<string, number>>
    /** The messages that came by, and what became of them. */
    readonly queue: QueueWatch
    /** From now on each request is shown to `watch` before it is answered; none is kept. */
    readonly setWatch: (watch: (request: ProxiedRequest) => void) => Effect.Effect<void>
  }
>()("s3beat/test/FaultProxy") {}

/** `seed` decides about chances. */
export interface FaultProxyOptions {
  readonly seed: number
}

/** The record that TLS ends a handshake with: an alert, fatal, handshake_failure. **Source** RFC 8446, 5.1 and 6.2. */
const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])

const nobodyWatches = () => {}

const make = Effect.fnUntraced(function* (options: FaultProxyOptions) {
  const aws = yield* EmbeddedAws
  const upstream = yield* forward.make(aws.endpoint)
  const rules = FaultRules.make(Pseudorandom.make(options.seed))
  const queue = makeQueueWatch()
  let watch: (request: ProxiedRequest) => void = nobodyWatches

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await readRequest(incoming)
    watch(request)
    if (isSkewed(request)) return respond.error(response, request.service, new AwsError(skewed[request.service]))
    const act = rules.next(request)
    switch (act?._tag) {
      case "Refuse":
        return respond.error(response, request.service, new AwsError(act))
      case "Drop":
        return void response.socket?.resetAndDestroy()
      case "BreakTls":
        return void response.socket?.end(TLS_ALERT)
      case "ForgetReceipts":
        return respond.json(response, queue.forgotten(request))
    }
    queue.asked(request)
    const answered = await upstream.send(request, response)
    await sendSpoilt(response, { ...answered, body: queue.answered(request, answered, act) }, act)
  }

  const server = createServer((incoming, response) => {
    // Whoever asked has gone away, or AWS was stopped: there is nobody to tell.
    answer(incoming, response).catch(() => response.destroy())
  })
  const port = yield* listening(server)

  return FaultProxy.of({
    endpoint: `http://127.0.0.1:${port}`,
    setRules: (next) => Effect.sync(() => rules.set(next)),
    injected: Effect.sync(rules.counts),
    queue,
    setWatch: (next) => Effect.sync(() => void (watch = next))
  })
})

/** AWS takes no request whose clock is further off. **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const CLOCK_TOLERANCE_MILLIS = 15 * 60_000

/** Whether the clock by which the request was signed, as `20261125T043000Z`, is too far off. */
const isSkewed = ({ headers }: ProxiedRequest): boolean => {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(String(headers["x-amz-date"])) ?? []
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Math.abs(Date.now() - signedAt) > CLOCK_TOLERANCE_MILLIS
}

const expiredSignature = {
  status: 403,
  code: "SignatureDoesNotMatch",
  message: "Signature expired: 20261125T043000Z is now earlier than 20261125T051500Z (20261125T053000Z - 15 min.)"
}

/** What each service says then. */
const skewed = {
  s3: {
    status: 403,
    code: "RequestTimeTooSkewed",
    message: "The difference between the request time and the current time is too large."
  },
  sqs: { ...expiredSignature, code: "InvalidSignatureException" },
  sts: expiredSignature
}

const listening = (server: Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** The proxy before the embedded AWS that is provided. Requests keep their Host, which their signature covers. */
export const layer = (options: FaultProxyOptions): Layer.Layer<FaultProxy, never, EmbeddedAws> =>
  Layer.effect(FaultProxy, make(options))
