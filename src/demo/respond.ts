/**
 * Answers, in the protocol of each service.
 */
import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Effect } from "effect"
import type { AwsError } from "./AwsError.ts"
import { xml } from "./xml.ts"

/** A whole answer. */
export const text = (response: ServerResponse, status: number, contentType: string, body: string): void => {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) })
  response.end(body)
}

/** SQS's protocol. */
export const SQS_CONTENT_TYPE = "application/x-amz-json-1.0"

/** An answer of SQS. */
export const json = (response: ServerResponse, body: unknown): void =>
  text(response, 200, SQS_CONTENT_TYPE, JSON.stringify(body))

/** A refusal, as the service would word it. */
export const error = (
  response: ServerResponse,
  service: string | undefined,
  { code, details, message, status }: AwsError
): void => {
  switch (service) {
    case "sqs":
      response.setHeader("x-amzn-query-error", `${code};Sender`)
      return text(
        response,
        status,
        SQS_CONTENT_TYPE,
        JSON.stringify({ __type: `com.amazonaws.sqs#${sqsType[code] ?? code}`, message })
      )
    case "sts":
      return text(
        response,
        status,
        "text/xml",
        `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${xml({
          Error: { Type: "Sender", Code: code, Message: message },
          RequestId: randomUUID()
        })}</ErrorResponse>`
      )
    default:
      if (details?.["Region"] !== undefined) response.setHeader("x-amz-bucket-region", details["Region"])
      return text(
        response,
        status,
        "application/xml",
        xml({ Error: { Code: code, Message: message, ...details, RequestId: randomUUID() } })
      )
  }
}

/** SQS's JSON protocol has other names than its query protocol. */
const sqsType: Readonly<Record<string, string>> = {
  "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
  AccessDenied: "AccessDeniedException"
}

/**
 * Passes an answer of the store on as it comes. With `cutAt` the connection is reset after that many bytes of the body, of
 * which the headers promised all.
 */
export const forward = (
  answer: IncomingMessage,
  response: ServerResponse,
  cutAt: number | undefined
): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, headers)
    response.on("close", () => {
      answer.destroy()
      resume(Effect.void)
    })
    if (cutAt === undefined) {
      answer.pipe(response)
      return
    }
    let sent = 0
    answer.on("data", (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.max(0, cutAt - sent))
      sent += part.length
      // Only what was handed to the system reaches the other side before the reset.
      response.write(part, () => sent >= cutAt && response.destroy())
      if (sent >= cutAt) answer.pause()
    })
  })
