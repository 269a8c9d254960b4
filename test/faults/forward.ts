/**
 * The way on to AWS: a request as it came, and the whole of its answer.
 */
import { Agent, type IncomingHttpHeaders, request as httpRequest, type ServerResponse } from "node:http"
import { buffer } from "node:stream/consumers"
import { Effect, type Scope } from "effect"
import type { ProxiedRequest } from "./ProxiedRequest.ts"

/** An answer of AWS. */
export interface UpstreamAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** AWS behind the proxy. */
export interface Upstream {
  /** Sends the request on; gives it up when the connection of `response`, for which it is meant, closes. */
  readonly send: (request: ProxiedRequest, response: ServerResponse) => Promise<UpstreamAnswer>
}

/** AWS at this endpoint, over connections that end with the scope. */
export const make = (endpoint: string): Effect.Effect<Upstream, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true })),
      (agent) => Effect.sync(() => agent.destroy())
    ),
    (agent) => ({
      send: ({ body, headers, method, url }, response) =>
        new Promise((resolve, reject) => {
          const call = httpRequest(new URL(endpoint), { agent, method, path: url, headers }, (answer) => {
            buffer(answer).then(
              (body) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body }),
              reject
            )
          })
          call.on("error", reject)
          response.on("close", () => call.destroy())
          call.end(body)
        })
    })
  )
