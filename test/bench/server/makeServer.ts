/**
 * SQS, S3 and STS on one bare HTTP server: so cheap that what is measured is not it.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import * as Backlog from "./Backlog.ts"
import type { Certificate } from "./certificate.ts"
import * as s3 from "./s3.ts"
import * as sqs from "./sqs.ts"
import * as sts from "./sts.ts"

/** How the server answers. */
export interface ServerOptions {
  /** Every answer waits so long. */
  readonly latencyMillis?: number | undefined
  /** HTTPS with this certificate; without it HTTP. */
  readonly certificate?: Certificate | undefined
}

/** What one run finds on the server. */
export interface RunOptions {
  readonly objects: s3.Objects
  readonly messages: number
  /** How many messages are sent a second; without it each is sent when it is received. */
  readonly rate?: number | undefined
  /** Called when the first messages are handed over. */
  readonly onFirstServed?: () => void
  /** Called when the last message is deleted. */
  readonly onAllDeleted?: () => void
}

/** What happened in a run. `calls` has every kind by AWS's name. **Units** Milliseconds, bytes. */
export interface RunReport {
  readonly calls: Readonly<Record<string, number>>
  readonly deleted: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly storedBytesSent: number
}

/** The running server. */
export interface BenchServer {
  readonly endpoint: string
  /** A new queue and new counts; what was there is forgotten. */
  readonly begin: (run: RunOptions) => void
  readonly report: () => RunReport
  readonly close: () => Promise<void>
}

interface Run {
  readonly options: RunOptions
  readonly backlog: Backlog.Backlog
  readonly calls: Record<string, number>
  storedBytesSent: number
  isServed: boolean
  isDone: boolean
}

/** Listens on 127.0.0.1, on any free port. */
export const makeServer = async (options: ServerOptions = {}): Promise<BenchServer> => {
  let run: Run | undefined
  let endpoint = ""

  const later = (answer: () => void) => {
    if (options.latencyMillis) setTimeout(answer, options.latencyMillis)
    else answer()
  }

  const count = (run: Run, kind: string) => {
    run.calls[kind] = (run.calls[kind] ?? 0) + 1
  }

  const getObject = (run: Run, request: IncomingMessage, response: ServerResponse) => {
    count(run, "GetObject")
    const { body, headers, status } = s3.get(run.options.objects, request.url ?? "", request.headers)
    run.storedBytesSent += body.length
    response.writeHead(status, [...headers])
    response.end(body)
  }

  const callSqs = (run: Run, action: string, input: sqs.Call["input"], response: ServerResponse) => {
    count(run, action)
    const receivedAt = Date.now()
    const bodyOf: sqs.BodyOf = (index, at) => s3.notificationOf(run.options.objects, index, at)
    const attempt = () => {
      if (response.destroyed) return
      const now = Date.now()
      const answer = sqs.answer(run.backlog, bodyOf, endpoint, { action, input, receivedAt, now })
      if ("waitUntil" in answer) {
        setTimeout(attempt, Math.max(answer.waitUntil - now, 1))
      } else if ("output" in answer) {
        json(response, 200, answer.output)
        tell(run)
      } else {
        json(
          response,
          answer.status,
          JSON.stringify({ __type: `com.amazonaws.sqs#${answer.code}`, message: answer.code })
        )
      }
    }
    attempt()
  }

  /** Tells of the first messages and of the last delete, once each. */
  const tell = (run: Run) => {
    if (!run.isServed && run.calls["ReceiveMessage"] !== undefined) {
      run.isServed = true
      run.options.onFirstServed?.()
    }
    if (!run.isDone && run.backlog.deleted() === run.options.messages) {
      run.isDone = true
      run.options.onAllDeleted?.()
    }
  }

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const current = run
    if (current === undefined) {
      response.writeHead(503).end()
    } else if (request.method === "GET") {
      later(() => getObject(current, request, response))
    } else {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () =>
        later(() => {
          const body = Buffer.concat(chunks).toString()
          const target = request.headers["x-amz-target"]
          if (target === undefined) {
            count(current, "AssumeRole")
            response.writeHead(200, { "Content-Type": "text/xml" }).end(sts.assumeRole(body, Date.now()))
          } else {
            callSqs(current, String(target).replace("AmazonSQS.", ""), JSON.parse(body), response)
          }
        })
      )
    }
  }

  const server: Server =
    options.certificate === undefined ? createHttpServer(handle) : createHttpsServer(options.certificate, handle)
  // A connection that is closed between two requests would be the client's cost to open again.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // A TCP server that listens has one.
  endpoint = `${options.certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`

  return {
    endpoint,
    begin: (options) => {
      const backlog = Backlog.make(options)
      run = { options, backlog, calls: {}, storedBytesSent: 0, isServed: false, isDone: false }
    },
    report: () => ({
      calls: { ...run?.calls },
      deleted: run?.backlog.deleted() ?? 0,
      p50Millis: run?.backlog.latencies.percentile(0.5) ?? 0,
      p99Millis: run?.backlog.latencies.percentile(0.99) ?? 0,
      storedBytesSent: run?.storedBytesSent ?? 0
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

const json = (response: ServerResponse, status: number, body: string) => {
  response.writeHead(status, {
    "Content-Type": "application/x-amz-json-1.0",
    "Content-Length": Buffer.byteLength(body)
  })
  response.end(body)
}
