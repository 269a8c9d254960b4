/**
 * The wire protocol of SQS (AWS JSON 1.0), spoken by a small server whose answers a test writes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { Context, Effect, Layer } from "effect"

/** A call as it came over the wire. `action` is the operation's name; `accessKeyId` and `region` are those it is signed for. */
export interface SqsRequest {
  readonly action: string
  readonly accessKeyId: string
  readonly region: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What comes back: an output, an error, a text that SQS would not send, or nothing ever. */
export type SqsAnswer =
  | { readonly output: object }
  | { readonly status: number; readonly code: string }
  | { readonly text: string }
  | "silence"

/** The server, from the test's side. */
export class SqsWire extends Context.Service<
  SqsWire,
  {
    readonly endpoint: string
    /** Answers every call from now on; GetQueueUrl is answered with a URL on another host, as AWS itself may do. */
    readonly answer: (answer: (request: SqsRequest) => SqsAnswer) => Effect.Effect<void>
    readonly requests: Effect.Effect<ReadonlyArray<SqsRequest>>
    /** How many calls have neither been answered nor been aborted. */
    readonly open: Effect.Effect<number>
  }
>()("s3beat/test/SqsWire") {}

/** The URL by which the server knows every queue. */
export const queueUrl = "https://sqs.us-east-1.example.com/000000000000/logs"

const listen = (server: Server) =>
  Effect.callback<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // A TCP server that listens has one.
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const make = Effect.gen(function* () {
  const requests: Array<SqsRequest> = []
  let open = 0
  let answer = (_request: SqsRequest): SqsAnswer => ({ output: {} })

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const action = String(request.headers["x-amz-target"]).replace("AmazonSQS.", "")
    const [, accessKeyId = "", region = ""] =
      /Credential=([^/]+)\/\d+\/([^/]+)\//u.exec(request.headers.authorization ?? "") ?? []
    const asked: SqsRequest = { action, accessKeyId, region, input: JSON.parse(await text(request)) }
    requests.push(asked)
    const given = answer(asked)
    if (given === "silence") return
    if ("text" in given) return void response.end(given.text)
    const [status, body] =
      "output" in given
        ? [200, action === "GetQueueUrl" ? { QueueUrl: queueUrl } : given.output]
        : [given.status, { __type: `com.amazonaws.sqs#${given.code}`, message: given.code }]
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" })
    response.end(JSON.stringify(body))
  }

  const server = createServer((request, response) => {
    open += 1
    response.on("close", () => (open -= 1))
    void respond(request, response)
  })
  const endpoint = yield* Effect.acquireRelease(listen(server), () => close(server))

  return SqsWire.of({
    endpoint,
    answer: (value) => Effect.sync(() => void (answer = value)),
    requests: Effect.sync(() => requests.slice()),
    open: Effect.sync(() => open)
  })
})

/** A server on an ephemeral port of 127.0.0.1, closed with the scope. */
export const layer: Layer.Layer<SqsWire> = Layer.effect(SqsWire, make)
