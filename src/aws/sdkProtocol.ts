/**
 * What an answer says, by the SDK's own protocols: outputs, errors, and what they tell of this machine's clock.
 */
import type { GetObject$, GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3"
import type { SQSClient } from "@aws-sdk/client-sqs"
import { Predicate } from "effect"
import { bytesOf, type HttpAnswer, type HttpHeaders } from "./HttpExchange.ts"
import type { Endpoint } from "./SdkDestination.ts"

/** What a client of the SDK was made with, and found out since. */
export type SdkConfig = S3Client["config"] | SQSClient["config"]

/** What every output of the SDK has. */
export type SdkOutput = Pick<GetObjectCommandOutput, "$metadata">

/** An operation as the SDK's protocols know it, which takes an `Input` and comes to an `Output`. */
export interface Operation<in Input, out Output> {
  readonly namespace: string
  readonly name: string
  readonly traits: OperationSchema[3]
  readonly input: OperationSchema[4]
  readonly output: OperationSchema[5]
  readonly "~types"?: (input: Input) => Output
}

/** **Shape** The SDK's schema of an operation, as in `GetObject$`, and the types that its command has. */
export const operationOf = <Input, Output>([, namespace, name, traits, input, output]: OperationSchema): Operation<
  Input,
  Output
> => ({ namespace, name, traits, input, output })

type OperationSchema = typeof GetObject$

/** The protocol that a service is spoken to by. */
interface Protocol {
  readonly serializeRequest: <Input extends object>(
    operation: Operation<Input, unknown>,
    input: Input,
    context: SdkConfig & { readonly endpoint: () => Promise<Endpoint> }
  ) => Promise<SerializedRequest>
  readonly deserializeResponse: <Output extends SdkOutput>(
    operation: Operation<never, Output>,
    context: SdkConfig,
    response: HttpResponse
  ) => Promise<Output>
}

/** A request that is not signed yet, without its body. */
export interface SerializedRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

interface HttpResponse {
  readonly statusCode: number
  readonly headers: HttpHeaders
  readonly body: Uint8Array
}

/** The protocol of a client. */
export const protocolOf = (config: SdkConfig): Protocol => {
  const protocol: Protocol | undefined = config.protocol
  if (protocol === undefined) throw new Error("the SDK has no protocol for this service")
  return protocol
}

/**
 * What the whole answer comes to. **Shape** `bytes` are its body, where that was read already.
 *
 * **Errors** The SDK's own, as `send` of its client throws them, with the answer as `$response`; or what the connection failed with.
 */
export const outputOf = async <Output extends SdkOutput>(
  config: SdkConfig,
  operation: Operation<never, Output>,
  { body, headers, status }: HttpAnswer,
  bytes?: Uint8Array
): Promise<Output> => {
  const response = { statusCode: status, headers, body: bytes ?? (await bytesOf(body)) }
  try {
    return await protocolOf(config).deserializeResponse(operation, config, response)
  } catch (error) {
    throw refusal(config, error, response)
  }
}

/** The error that the SDK throws of an answer, with the answer. The time that the answer tells is taken by the SDK's own rules. */
const refusal = (config: SdkConfig, error: unknown, response: HttpResponse): unknown => {
  if (!Predicate.isError(error)) return error
  const $metadata = { httpStatusCode: response.statusCode }
  const told = Object.assign(error, { $metadata, ...error, $response: response })
  const { signer } = config.httpAuthSchemes.find(({ schemeId }) => schemeId === "aws.auth#sigv4") ?? {}
  try {
    signer?.errorHandler?.({ config })(told)
  } catch (error) {
    return error
  }
  return told
}
