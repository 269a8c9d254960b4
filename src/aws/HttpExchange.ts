/**
 * One request and its answer over undici's connections, which can be let go of at any time.
 *
 * undici is what Node's own `fetch` is made of. Spoken to as here, by what a parser sees instead of by streams, an exchange costs half
 * of what it does over `node:http`.
 */
import { Agent, type Dispatcher, errors } from "undici"

/** The connections that are kept alive from one request to the next. */
export interface Connections {
  /** An exchange that is not begun yet. */
  readonly exchange: () => HttpExchange

  /** Closes all connections, and fails what is under way. */
  readonly close: () => void
}

/** Where to, and what. **Shape** `origin` as in `https://host:port`, `path` encoded, with its query. */
export interface HttpRequest {
  readonly origin: string
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Names in lower case; a header that came more than once has all its values. */
export type HttpHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** What was answered, as far as it has come. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: HttpHeaders
  readonly body: HttpBody
}

/**
 * A body as it comes: no more of it is taken off its connection than `HELD_BYTES` and what the system hands over at a time.
 */
export interface HttpBody {
  /** The next bytes that are here; undefined while there are none. */
  readonly read: () => Uint8Array | undefined

  /** Whether all of it has come, or what it failed of; neither while more may come. What was not read yet can be read all the same. */
  readonly ending: () => "complete" | Error | undefined

  /** Calls the last `listener` whenever there is something new to see. */
  readonly listen: (listener: () => void) => void

  /** See `HttpExchange`. */
  readonly close: () => void
}

/** One exchange, not begun yet. */
export interface HttpExchange {
  /**
   * The answer, as soon as it begins.
   *
   * **Errors** What the connection failed with; `close` makes it fail as well.
   */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>

  /** Lets go of the connection: it is kept for the next request if the whole answer is there, and closed otherwise. */
  readonly close: () => void
}

/** Bytes of a body that wait to be read before its connection is read no further. */
const HELD_BYTES = 64 * 1024

/** Connections of a client's own, at most `maxSockets` to a host at a time. How long an answer may take is up to the caller. */
export const make = (maxSockets: number): Connections => {
  const agent = new Agent({
    connections: Number.isFinite(maxSockets) ? maxSockets : null,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0
  })
  return {
    exchange: () => new Exchange(agent),
    close: () => void agent.destroy().catch(ignored)
  }
}

/** A class, so that its many functions are made once: an object of one record has an exchange of its own, and keeps it until it is shipped. */
class Exchange implements HttpExchange, HttpBody, Dispatcher.DispatchHandler {
  private readonly agent: Agent
  private controller: Dispatcher.DispatchController | undefined
  private answer: (answer: HttpAnswer) => void = ignored
  private fail: (error: Error) => void = ignored
  private isClosed = false
  private end: "complete" | Error | undefined
  private held: Array<Uint8Array> = []
  private heldBytes = 0
  private notify = ignored

  constructor(agent: Agent) {
    this.agent = agent
  }

  send(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.answer = resolve
      this.fail = reject
      if (this.isClosed) reject(givenUp)
      else this.agent.dispatch(request, this)
    })
  }

  close(): void {
    this.isClosed = true
    this.held = []
    if (this.end === undefined) this.controller?.abort(givenUp)
    this.fail(givenUp)
  }

  read(): Uint8Array | undefined {
    if (this.held.length === 0 && this.controller?.paused === true) this.resume(this.controller)
    return this.held.shift()
  }

  ending(): "complete" | Error | undefined {
    return this.end
  }

  listen(listener: () => void): void {
    this.notify = listener
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.isClosed) controller.abort(givenUp)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    // 100 and the like are no answers yet.
    if (status >= 200) this.answer({ status, headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.isClosed) return
    this.held.push(chunk)
    this.heldBytes += chunk.length
    if (this.heldBytes >= HELD_BYTES) controller.pause()
    this.notify()
  }

  onResponseEnd(): void {
    this.finish("complete")
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const ending = inSystemsWords(error)
    this.fail(ending)
    this.finish(ending)
  }

  private finish(ending: "complete" | Error): void {
    this.end = ending
    // It holds all of undici's request and the answer's headers, and this may be kept for as long as its events wait.
    this.controller = undefined
    this.notify()
  }

  /** What is here already comes at once, and whoever reads sees it without being told. */
  private resume(controller: Dispatcher.DispatchController): void {
    const listener = this.notify
    this.notify = ignored
    this.heldBytes = 0
    controller.resume()
    this.notify = listener
  }
}

/** undici has words of its own for what everyone knows by the system's. */
const inSystemsWords = (error: Error): Error => {
  if (error instanceof errors.SocketError) {
    return Object.assign(new Error("the other side closed the connection"), { code: "ECONNRESET" })
  }
  return error instanceof errors.ConnectTimeoutError
    ? Object.assign(new Error("no connection within 10 seconds"), { code: "ETIMEDOUT" })
    : error
}

const givenUp = new Error("the request was given up")

const ignored = () => {}

/** What has come of a body and was not read yet, in one piece; a single chunk is not copied. */
export const unread = (body: HttpBody): Uint8Array => joined(take(body, []))

/**
 * The whole body.
 *
 * **Errors** What the connection failed with.
 */
export const bytesOf = async (body: HttpBody): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (;;) {
    take(body, chunks)
    const ending = body.ending()
    if (ending === "complete") return joined(chunks)
    if (ending !== undefined) throw ending
    await new Promise<void>((resolve) => body.listen(resolve))
  }
}

const take = (body: HttpBody, chunks: Array<Uint8Array>) => {
  for (let chunk = body.read(); chunk !== undefined; chunk = body.read()) chunks.push(chunk)
  return chunks
}

const joined = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first, second] = chunks
  return first !== undefined && second === undefined ? first : Buffer.concat(chunks)
}
