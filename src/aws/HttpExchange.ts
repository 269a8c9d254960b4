/**
 * One GET over Node's own HTTP client, which can be let go of at any time.
 */
import * as http from "node:http"
import * as https from "node:https"

/** The connections that are kept alive from one request to the next. */
export interface Agents {
  readonly "http:": http.Agent
  readonly "https:": https.Agent
}

/** Connections of a client's own, at most `maxSockets` to a host at a time. */
export const makeAgents = (maxSockets: number): Agents => ({
  "http:": new http.Agent({ keepAlive: true, maxSockets }),
  "https:": new https.Agent({ keepAlive: true, maxSockets })
})

/** Where to, and what. */
export interface Get {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** One exchange, not begun yet. */
export interface HttpExchange {
  /**
   * The answer, its body not read.
   *
   * **Errors** What the socket failed with; `close` makes it fail as well.
   */
  readonly send: (request: Get) => Promise<http.IncomingMessage>

  /**
   * Lets go of the connection: it is kept for the next request if the whole answer is there, and closed otherwise.
   */
  readonly close: () => void
}

/** An exchange over one of these connections. */
export const make = (agents: Agents): HttpExchange => {
  let request: http.ClientRequest | undefined
  let response: http.IncomingMessage | undefined
  let isClosed = false

  const close = () => {
    isClosed = true
    if (response === undefined) request?.destroy()
    else if (!response.complete) response.destroy()
    // What is not read would keep the connection from its next request.
    else while (response.read() !== null);
  }

  return {
    send: ({ headers, hostname, path, port, protocol }) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error("the request was given up"))
        const isPlain = protocol === "http:"
        const options = { agent: agents[isPlain ? "http:" : "https:"], port, path, headers: pairs(headers) }
        request = (isPlain ? http : https).request({ ...options, hostname: withoutBrackets(hostname) }, (answer) => {
          response = answer
          // An error before the first read would have no listener, and end the process.
          answer.on("error", ignored)
          resolve(answer)
        })
        request.on("error", reject).end()
      }),
    close
  }
}

const ignored = () => {}

/** A URL has an address of IPv6 in brackets, and the system's resolver takes it without. */
const withoutBrackets = (hostname: string) => (hostname.startsWith("[") ? hostname.slice(1, -1) : hostname)

/** A list of names and values is sent as it is; of an object, Node would first look at each entry. */
const pairs = (headers: Readonly<Record<string, string>>) => Object.entries(headers).flat()
