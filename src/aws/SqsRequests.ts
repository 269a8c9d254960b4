/**
 * Calls of SQS out of the SDK's own parts: its rules for endpoints, its protocol, its errors and its clock, without the middleware that
 * `send` has between them, which takes most of what a call costs.
 *
 * As in `S3Requests`, the endpoint is resolved once per queue, and retries are those of `retry.ts`.
 */
import { GetQueueAttributesCommand, SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs"
import type { SdkKeys } from "./AwsClients.ts"
import { Predicate } from "effect"
import * as HttpExchange from "./HttpExchange.ts"
import * as Remembered from "./Remembered.ts"
import * as SdkDestination from "./SdkDestination.ts"
import * as sdkProtocol from "./sdkProtocol.ts"
import { hashOf, makeSign, type Sign } from "./signatureV4.ts"

/** What every operation on a queue is told. */
export interface OfQueue {
  readonly QueueUrl?: string | undefined
}

/**
 * Calls in one region, over connections of their own.
 */
export interface SqsRequests {
  /** The request of a call as it is sent, signed at `at`. **Units** Milliseconds since the epoch. */
  readonly request: <Input extends OfQueue>(
    operation: sdkProtocol.Operation<Input, unknown>,
    input: Input,
    keys: SdkKeys,
    at: number
  ) => Promise<HttpExchange.HttpRequest>

  /**
   * Makes the call over `exchange`.
   *
   * **Errors** The SDK's own, as `send` of its client throws them, with the answer as `$response`; or what the connection failed with.
   */
  readonly call: <Input extends OfQueue, Output extends sdkProtocol.SdkOutput>(
    exchange: HttpExchange.HttpExchange,
    operation: sdkProtocol.Operation<Input, Output>,
    input: Input,
    keys: SdkKeys,
    at: number
  ) => Promise<OutputOf<Output>>

  /** An exchange that is not begun yet. */
  readonly exchange: () => HttpExchange.HttpExchange

  /** Closes all connections. */
  readonly close: () => void
}

/** What an operation comes to. */
export type OutputOf<Output extends sdkProtocol.SdkOutput> = Omit<Output, keyof sdkProtocol.SdkOutput>

/** Queues whose endpoints are remembered: far more than anyone polls. */
const REMEMBERED_QUEUES = 1000

/** The calls of a client with this config, for `region`. */
export const make = (config: SQSClientConfig & { readonly region: string }): SqsRequests => {
  const client = new SQSClient({ ...config, logger: silent })
  // A long poll keeps its connection: with a bound, many queues would keep deletes waiting.
  const connections = HttpExchange.make(Number.POSITIVE_INFINITY)
  const queues = Remembered.make<Queue>(REMEMBERED_QUEUES)

  const resolve = async (url: string): Promise<Queue> => {
    const { endpoint, headers, origin, scope } = await SdkDestination.resolve((stop) => {
      const command = new GetQueueAttributesCommand({ QueueUrl: url })
      command.middlewareStack.add(stop, SdkDestination.SENT_NOWHERE)
      return client.send(command)
    })
    return queues.remember(url, {
      origin,
      headers,
      frames: new Map(),
      context: { ...client.config, endpoint: async () => endpoint },
      sign: makeSign(scope ?? { region: config.region, service: "sqs" })
    })
  }

  const frame = async <Input extends OfQueue>(
    queue: Queue,
    operation: sdkProtocol.Operation<Input, unknown>,
    input: Input
  ): Promise<Frame> => {
    const protocol = sdkProtocol.protocolOf(client.config)
    const { headers, path } = await protocol.serializeRequest(operation, input, queue.context)
    const frame = { path, headers: { ...queue.headers, ...headers } }
    queue.frames.set(operation.name, frame)
    return frame
  }

  const request: SqsRequests["request"] = async (operation, input, keys, at) => {
    const { QueueUrl: url = "" } = input
    const queue = queues.of(url) ?? (await resolve(url))
    const { headers, path } = queue.frames.get(operation.name) ?? (await frame(queue, operation, input))
    const body = Buffer.from(JSON.stringify(input))
    const unsigned = {
      method: "POST",
      path,
      query: "",
      headers,
      bodyHash: hashOf(body)
    } as const
    return {
      origin: queue.origin,
      method: "POST",
      path,
      headers: queue.sign(unsigned, keys, at + client.config.systemClockOffset),
      body
    }
  }

  return {
    request,
    call: async (exchange, operation, input, keys, at) => {
      const answer = await exchange.send(await request(operation, input, keys, at))
      const bytes = await HttpExchange.bytesOf(answer.body)
      return (
        (answer.status === 200 ? plainOutput(bytes) : undefined) ??
        sdkProtocol.outputOf(client.config, operation, answer, bytes)
      )
    },
    exchange: connections.exchange,
    close: () => {
      client.destroy()
      connections.close()
    }
  }
}

/** What all requests of one operation have in common: all but the input, which is sent as the JSON that it is. */
interface Frame {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** What is worked out once for a queue. */
interface Queue {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  /** By the names of operations. */
  readonly frames: Map<string, Frame>
  readonly context: SQSClient["config"] & { readonly endpoint: () => Promise<SdkDestination.Endpoint> }
  readonly sign: Sign
}

/**
 * An output that JSON says as the SDK does: of nothing but texts and truths, as all are that SQS itself gives to what is called here. The SDK,
 * which looks up each member in its schema, takes ten times as long. It gets all else, `null` above all, which it leaves out.
 */
const plainOutput = <Output extends sdkProtocol.SdkOutput>(bytes: Uint8Array): OutputOf<Output> | undefined => {
  try {
    const output: OutputOf<Output> = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
    return Predicate.isObject(output) && isPlain(output) ? output : undefined
  } catch {
    return undefined
  }
}

const isPlain = (value: unknown): boolean =>
  Predicate.isString(value) ||
  Predicate.isBoolean(value) ||
  (Predicate.isObjectOrArray(value) && Object.values(value).every(isPlain))

const ignored = () => {}

/** The SDK would say on the console of each queue that its URL has another host than the region's: that is as it should be. */
const silent = { trace: ignored, debug: ignored, info: ignored, warn: ignored, error: ignored }
